package main

import (
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
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/internal/views"
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
	switch which := os.Getenv("DOWNLINK_FUNCTION"); which {
	case "":
		return assemble(c, links, os.Stdout)
	case "admin":
		return assembleAdmin(c)
	default:
		return nil, fmt.Errorf("DOWNLINK_FUNCTION %q: write admin, or nothing for downloads", which)
	}
}

// newSite opens the stores and the catalogue of a configuration.
func newSite(c *config.Config) (_ *site, err error) {
	s := &site{config: c, stores: map[string]*storage.Store{}}
	for _, st := range c.Stores {
		if s.stores[st.Name], err = openStore(st); err != nil {
			return nil, fmt.Errorf("store %q: %w", st.Name, err)
		}
	}
	return s, s.openCatalog()
}

// assemble puts the handler of a configuration together. out is the standard output.
func assemble(c *config.Config, links link.Options, out io.Writer) (_ *lambda.Handler, err error) {
	s, err := newSite(c)
	if err != nil {
		return nil, err
	}
	s.sums = zipfile.NewSums(rememberedSums)
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
			Pattern: v.Pattern, View: s.parts().View(v), Delivery: storage.Delivery(v.Delivery), LinkRequired: v.Link == config.LinkRequired,
		})
	}
	return routes
}

// parts are what the views are made of. There are no kinds on Lambda but those of
// views: the configuration was checked.
func (s *site) parts() views.Parts {
	return views.Parts{Config: s.config, Stores: s.stores, Catalog: s.catalog, Sums: s.sums}
}

// setLinks has the service count the downloads by links and of items with a limit, and
// fetch the keys of links, if there are any, when a request needs them.
func (s *site) setLinks(o link.Options) {
	l := download.Links{Resume: s.config.Links.Resume}
	if s.items != nil {
		l.Uses = s.items
	}
	if s.config.HasLinks() {
		l.Fetch = (&keyring{keys: s.config.Links.Keys, options: o, secret: newSecrets(os.Getenv).get}).verifier
	}
	s.service.SetLinks(l)
}

// pages are the pages that list what is offered.
func (s *site) pages(log *slog.Logger) func(path string) http.Handler {
	x := s.parts().Index()
	x.Log, x.WholeURLs = log, true
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
