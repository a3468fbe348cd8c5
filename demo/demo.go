// Package demo is a site with every kind of view, on one page with working links and
// the source of each beside it. The source is that of this package: what the page and
// docs/demo.md show is what runs.
package demo

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/front"
	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

//go:embed files
var embedded embed.FS

// named are files beside those, whose names not every archive takes.
var named = map[string]string{
	"letters/日本 語.txt":       "こんにちは\n",
	"letters/100% naïve.txt": "Names survive, whatever is in them.\n",
}

// Site is the demo, ready to be served. It never redirects and expects the path as the
// client sent it.
type Site struct {
	handler *nethttp.Handler
	silent  *nethttp.Handler // the same without a log
	page    http.Handler
	report  http.Handler // at /sendfile/report: no view, but a handler of its own
	key     link.Key
	closers []func() error
}

// Open makes the site's files and its catalogue in a folder, and starts the other
// server that it fetches files from, on loopback. Close it.
func Open(dir string, log *slog.Logger) (*Site, error) {
	s := &Site{}
	if err := s.open(dir, log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close stops the other server and lets go of the files, which stay.
func (s *Site) Close() error {
	var errs []error
	for _, c := range s.closers {
		errs = append(errs, c())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// ServeHTTP answers with the page at "/", and with files elsewhere.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.EscapedPath() {
	case "/":
		s.page.ServeHTTP(w, r)
	case "/sendfile/report":
		s.report.ServeHTTP(w, r)
	default:
		s.handler.ServeHTTP(w, r)
	}
}

func (s *Site) open(dir string, log *slog.Logger) error {
	files := filepath.Join(dir, "files")
	if err := unpack(files); err != nil {
		return err
	}
	driver, err := dirstore.Open(files)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, driver.Close)
	store := storage.New("files", driver)
	database, err := sqlcat.Open(filepath.Join(dir, "catalog.db"))
	if err != nil {
		return err
	}
	items := catalog.New(database)
	s.closers = append(s.closers, items.Close)
	if err := items.Put(context.Background(), offered); err != nil {
		return err
	}
	made, err := s.cache(filepath.Join(dir, "made"))
	if err != nil {
		return err
	}
	routes, err := s.routes(store, items, made, files)
	if err != nil {
		return err
	}
	service, err := download.New(routes, rules())
	if err != nil {
		return err
	}
	if err := s.links(service, database); err != nil {
		return err
	}
	s.handler = nethttp.New(service, nethttp.Options{Log: log, AccessLog: true, FrontField: front.Field})
	s.silent = nethttp.New(service, nethttp.Options{FrontField: front.Field})
	s.page = s.handler.Page(http.HandlerFunc(s.servePage))
	s.report = report(files)
	return nil
}

// offered are the items of the catalogue.
var offered = []catalog.Item{{
	Slug: "hello", Title: "A greeting", Name: "A greeting – 挨拶.txt", Store: "files", Key: "hello.txt", Visible: true,
	Files: map[string]catalog.File{"picture": {Store: "files", Key: "arrow.png", Name: "arrow of the greeting.png"}},
}}

// routes are all views of the demo.
func (s *Site) routes(store *storage.Store, items *catalog.Catalog, made *generate.Cache, root string) ([]download.Route, error) {
	stores := map[string]*storage.Store{store.Name(): store}
	origin, err := s.other(root)
	if err != nil {
		return nil, err
	}
	fetched, client, err := remote(origin)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, client.Close)
	below, view, err := local(root)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, view.Close)
	cards, err := card(store, made)
	if err != nil {
		return nil, err
	}
	return []download.Route{
		object(items, stores), picture(items, stores), stored(store), lowercase(store), below, fetched, text(), table(),
		greeting(store), inline(store), signed(store), members(store), zipped(store), cards, offloaded(store),
	}, nil
}

// cache is where generated files are kept.
func (s *Site) cache(dir string) (*generate.Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	c, err := generate.OpenCache(dir, "made", generate.Options{MaxBytes: 16 << 20})
	if err == nil {
		s.closers = append(s.closers, c.Close)
	}
	return c, err
}

// links makes a key for this run.
func (s *Site) links(service *download.Service, uses download.Uses) error {
	secret := make([]byte, 32)
	rand.Read(secret) // it never fails
	key, err := link.NewKey("demo", secret)
	if err != nil {
		return err
	}
	verifier, err := link.NewVerifier([]link.Key{key}, link.Options{MaxLife: mostLife})
	if err != nil {
		return err
	}
	s.key = key
	service.SetLinks(download.Links{Verifier: verifier, Uses: uses})
	return nil
}

// other starts a plain file server, as another server that has the same files, and
// returns its origin.
func (s *Site) other(root string) (origin string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("start the other server: %w", err)
	}
	server := nethttp.NewServer(http.FileServer(http.Dir(root)), nethttp.ServerOptions{})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l) }()
	s.closers = append(s.closers, func() error {
		stop()
		return <-ended
	})
	return "http://" + l.Addr().String(), nil
}

// unpack writes the demo's files below a folder.
func unpack(dir string) error {
	write := func(name string, content []byte) error {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		return os.WriteFile(file, content, 0o600)
	}
	entries, err := embedded.ReadDir("files")
	if err != nil {
		return err
	}
	for _, e := range entries {
		content, err := embedded.ReadFile(path.Join("files", e.Name()))
		if err == nil {
			err = write(e.Name(), content)
		}
		if err != nil {
			return err
		}
	}
	for name, content := range named {
		if err := write(name, []byte(content)); err != nil {
			return err
		}
	}
	return nil
}

var _ io.Closer = (*Site)(nil)
