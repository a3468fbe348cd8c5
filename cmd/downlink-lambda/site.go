package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/downlink-go/downlink/adapters/lambda"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/page"
	"github.com/downlink-go/downlink/storage"
)

// site is a configuration put together. Nobody is asked anything before a request
// needs it.
type site struct {
	config  *config.Config
	stores  map[string]*storage.Store
	items   *dynamocat.Store // nil without a catalogue
	catalog *catalog.Catalog // likewise
	sums    *zipfile.Sums
	service *download.Service
}

// open puts the handler together.
func open() (*lambda.Handler, error) {
	c, links, err := load()
	if err != nil {
		return nil, err
	}
	return assemble(c, links, os.Stdout)
}

// assemble puts the handler of a configuration together. out is the standard output.
func assemble(c *config.Config, links link.Options, out io.Writer) (_ *lambda.Handler, err error) {
	s := &site{config: c, stores: map[string]*storage.Store{}, sums: zipfile.NewSums(rememberedSums)}
	for _, st := range c.Stores {
		if s.stores[st.Name], err = openStore(st); err != nil {
			return nil, fmt.Errorf("store %q: %w", st.Name, err)
		}
	}
	if err := s.openCatalog(); err != nil {
		return nil, err
	}
	if s.service, err = download.New(s.routes(), nil); err != nil {
		return nil, err
	}
	s.setLinks(links)
	log := newLogger(c.Log)
	streamed, err := kinds(os.Getenv("DOWNLINK_STREAM"))
	if err != nil {
		return nil, err
	}
	o := lambda.Options{Log: log, AccessLog: c.Log.Access, Streamed: streamed, Page: s.pages(log)}
	if tracker := s.track(out, log); tracker != nil {
		o.Flush = tracker.Flush
	}
	return lambda.New(s.service, o)
}

func (s *site) openCatalog() (err error) {
	c := s.config.Catalog
	if c.Driver != config.DriverDynamoDB {
		return nil
	}
	s.items, err = dynamocat.New(dynamocat.Options{Table: c.Table, Region: c.Region, Endpoint: c.Endpoint, Timeout: c.Timeout})
	s.catalog = catalog.New(s.items)
	return err
}

// rememberedSums is how many checksums of zip files' members are kept in memory.
const rememberedSums = 10_000

func (s *site) routes() (routes []download.Route) {
	for _, v := range s.config.Views {
		routes = append(routes, download.Route{
			Pattern: v.Pattern, View: s.view(v), Delivery: storage.Delivery(v.Delivery), LinkRequired: v.Link == config.LinkRequired,
		})
	}
	return routes
}

// view is a view of the kinds that there are on Lambda: the configuration was checked.
func (s *site) view(v config.View) download.View {
	switch v.Kind {
	case config.KindZip:
		return s.zip(v)
	case config.KindObject:
		return &download.ObjectView{Catalog: s.catalog, Stores: s.stores, Path: v.Path, Field: v.Field, Options: v.Options(), Precompressed: v.Precompressed}
	}
	return &download.StorageView{Store: s.stores[v.Store], Path: v.Path, Options: v.Options(), Precompressed: v.Precompressed}
}

// zip is the view of folders, stores and items as zip files.
func (s *site) zip(v config.View) download.View {
	view := &download.ZipView{
		Store: s.stores[v.Store], Path: v.Path, Whole: v.Whole(), Most: s.config.Generated.ZipFiles, Sums: s.sums, Options: v.Options(),
	}
	if len(v.Items) > 0 {
		view.Members = func(ctx context.Context, _ *download.Request) ([]zipfile.Member, string, error) {
			members, err := download.ItemMembers(ctx, s.catalog, s.stores, v.Items)
			return members, "files.zip", err
		}
	}
	return view
}

// setLinks has the service fetch its keys when a request needs them.
func (s *site) setLinks(o link.Options) {
	if s.config.HasLinks() {
		k := &keyring{keys: s.config.Links.Keys, options: o, secret: newSecrets(os.Getenv).get}
		l := download.Links{Fetch: k.verifier, Resume: s.config.Links.Resume}
		if s.items != nil {
			l.Uses = s.items
		}
		s.service.SetLinks(l)
	}
}

// pages are the pages that list what is offered.
func (s *site) pages(log *slog.Logger) func(path string) http.Handler {
	x := &page.Index{Log: log}
	for _, v := range s.config.Views {
		p, err := core.ParsePattern(v.Pattern)
		below, listed := v.ListedBelow()
		switch {
		case err != nil: // the configuration was checked
		case v.Protected(): // not everybody may know what is there
		case v.Kind == config.KindObject && v.Path == "" && v.Field == "" && x.Catalog == nil:
			x.Catalog, x.Item = s.catalog, p
		case v.Kind == config.KindObject && v.Path == "" && v.Field == catalog.ImageField:
			x.Image = p
		case v.List && listed:
			x.Files = append(x.Files, page.Listing{Store: s.stores[v.Store], Prefix: below, Pattern: p})
		}
	}
	all := x.Pages()
	return func(path string) http.Handler { return all[path] }
}

// kinds are those that DOWNLINK_STREAM names, with commas between.
func kinds(list string) (all []lambda.Kind, err error) {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		k, err := lambda.ParseKind(name)
		if err != nil {
			return nil, fmt.Errorf("DOWNLINK_STREAM: %w", err)
		}
		all = append(all, k)
	}
	return all, nil
}

// newLogger writes to CloudWatch, which takes what the function writes to stderr.
func newLogger(c config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // the configuration was checked
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "text" {
		return slog.New(slog.NewTextHandler(os.Stderr, o))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, o))
}
