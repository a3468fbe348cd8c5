package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/downlink-go/downlink/adapters/lambda"
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
	sums    *zipfile.Sums
	service *download.Service
}

// open puts the handler together.
func open() (*lambda.Handler, error) {
	c, links, err := load()
	if err != nil {
		return nil, err
	}
	s := &site{config: c, stores: map[string]*storage.Store{}, sums: zipfile.NewSums(rememberedSums)}
	for _, st := range c.Stores {
		if s.stores[st.Name], err = openStore(st); err != nil {
			return nil, fmt.Errorf("store %q: %w", st.Name, err)
		}
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
	return lambda.New(s.service, lambda.Options{Log: log, AccessLog: c.Log.Access, Streamed: streamed, Page: s.pages(log)})
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
	if v.Kind == config.KindZip {
		return &download.ZipView{
			Store: s.stores[v.Store], Path: v.Path, Whole: v.Whole(), Most: s.config.Generated.ZipFiles, Sums: s.sums, Options: v.Options(),
		}
	}
	return &download.StorageView{Store: s.stores[v.Store], Path: v.Path, Options: v.Options(), Precompressed: v.Precompressed}
}

// setLinks has the service fetch its keys when a request needs them.
func (s *site) setLinks(o link.Options) {
	if s.config.HasLinks() {
		k := &keyring{keys: s.config.Links.Keys, options: o, secret: newSecrets(os.Getenv).get}
		s.service.SetLinks(download.Links{Fetch: k.verifier, Resume: s.config.Links.Resume})
	}
}

// pages are the pages that list what is offered.
func (s *site) pages(log *slog.Logger) func(path string) http.Handler {
	x := &page.Index{Log: log}
	for _, v := range s.config.Views {
		p, err := core.ParsePattern(v.Pattern)
		below, listed := v.ListedBelow()
		if err == nil && !v.Protected() && v.List && listed {
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
