package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/internal/views"
	"github.com/downlink-go/downlink/metrics"
	"github.com/downlink-go/downlink/page"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

// site is a configuration put together: everything that answers requests.
type site struct {
	config   *config.Config
	settings *settings
	stores   map[string]*storage.Store
	catalog  *catalog.Catalog
	items    items  // the catalogue's driver
	place    string // where that is, in a sentence
	uploads  string // folder of uploads that are not whole yet
	dirs     []*dirstore.Store
	keys     []link.Key // of signed links
	service  *download.Service
	theme    page.Theme // nil is the built-in page
	made     workshop
	observer nethttp.Observer // is told of every request; nil is nobody
	metrics  *metrics.Metrics // nil without a place to show them
	admin    *admin.Handler   // nil without one
	closers  []io.Closer
}

// open opens what the configuration names. Close it.
func (s *settings) open(c *config.Config) (*site, error) {
	c, err := c.Resolve(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	x := &site{config: c, settings: s, stores: map[string]*storage.Store{}, made: newWorkshop()}
	if c.Admin.Enabled {
		folder, err := s.dataFolder(c)
		if err != nil {
			return nil, err
		}
		x.uploads = filepath.Join(folder, "uploads")
	}
	if err := x.open(); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

func (s *site) open() error {
	for _, st := range s.config.Stores {
		store, err := s.store(st)
		if err != nil {
			return fmt.Errorf("store %q: %w", st.Name, err)
		}
		s.stores[st.Name] = store
	}
	var err error
	if s.items, s.place, err = s.settings.openItems(s.config); err != nil {
		return err
	}
	s.catalog = catalog.New(s.items)
	s.closers = append(s.closers, s.catalog)
	if s.theme, err = openTheme(s.config.Page.Theme); err != nil {
		return err
	}
	ask, err := s.forwardAuth()
	if err != nil {
		return err
	}
	var routes []download.Route
	for _, v := range s.config.Views {
		view, err := s.view(v)
		if err != nil {
			return err
		}
		route := download.Route{
			Pattern: v.Pattern, View: view, Offload: v.Offload, Delivery: storage.Delivery(v.Delivery), LinkRequired: v.Link == config.LinkRequired,
		}
		if v.Allow == config.AllowForwardAuth {
			route.Allow, route.AllowBy = ask, s.config.ForwardAuth.Headers
		}
		routes = append(routes, route)
	}
	all, err := rules(s.config)
	if err != nil {
		return err
	}
	if s.service, err = download.New(routes, all); err != nil {
		return err
	}
	if s.keys, err = s.config.Links.ReadKeys(); err != nil {
		return err
	}
	return s.setLinks(s.items)
}

// Close lets go of files and of the database.
func (s *site) Close() error {
	var errs []error
	for _, c := range s.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

func (s *site) view(v config.View) (download.View, error) {
	switch v.Kind {
	case config.KindPath:
		view, err := download.NewPathView(v.Root, v.Options())
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, view)
		view.Path, view.Precompressed = v.Path, v.Precompressed
		return view, nil
	case config.KindOverlay:
		return s.overlay(v)
	case config.KindHTTP:
		return s.remote(v)
	}
	return s.parts().View(v), nil
}

// parts are what the views that ask stores and the catalogue alone are made of.
func (s *site) parts() views.Parts {
	return views.Parts{Config: s.config, Stores: s.stores, Catalog: s.catalog, Sums: s.made.sums}
}

// index is the page that lists what the site offers.
func (s *site) index(log *slog.Logger) *page.Index {
	x := s.parts().Index()
	x.Log, x.Theme = log, s.theme
	return x
}
