//go:build !noadmin

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/downlink-go/downlink/adapters/lambda"
	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/doctor"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/internal/views"
)

// mostInForm is the most bytes of a file that a form of the admin has: what Lambda takes
// of a request is 6 MB of JSON, in which a body is a third longer.
const mostInForm = 4 << 20

// assembleAdmin puts the handler of a configuration's admin together, which serves
// nothing else. Files go straight to the bucket.
func assembleAdmin(c *config.Config) (*lambda.Handler, error) {
	s, err := newSite(c)
	if err != nil {
		return nil, err
	}
	log := newLogger(c.Log)
	h, err := s.admin(log)
	if err != nil {
		return nil, err
	}
	nothing, err := download.New(nil, nil)
	if err != nil {
		return nil, err
	}
	page := &announcing{admin: h, log: log}
	return lambda.New(nothing, lambda.Options{Log: log, AccessLog: c.Log.Access, Page: func(string) http.Handler { return page }})
}

func (s *site) admin(log *slog.Logger) (*admin.Handler, error) {
	if s.items == nil {
		return nil, fmt.Errorf("the admin keeps its accounts in the catalogue's table: write [catalog.lambda] with driver = %q", config.DriverDynamoDB)
	}
	a := s.config.Admin
	o := admin.Options{
		Log: log, Records: s.items, Catalog: s.catalog, Counter: s.items, Session: a.Session, URL: a.URL,
		Store: s.stores[s.config.UploadStore()], Direct: true, MaxUpload: a.MostUploaded(), MaxForm: mostInForm,
		Secure: func(*http.Request) bool { return true }, // there is no other way to a function
	}
	if o.URL == "" {
		o.URL = os.Getenv("DOWNLINK_URL")
	}
	if o.Store == nil {
		return nil, errors.New("the admin needs a store for what is uploaded: write [stores.NAME.lambda] into the configuration")
	}
	for _, st := range s.config.Stores {
		o.Stores = append(o.Stores, s.stores[st.Name])
	}
	o.Item, o.Version = views.ItemPaths(s.config)
	o.Examine = func(ctx context.Context) (*doctor.Report, error) {
		return doctor.Examine(ctx, doctor.Site{Stores: o.Stores, Catalog: s.catalog}), nil
	}
	return admin.New(o)
}

// announcing is the admin, which says with its first request by which link to make the
// first account as long as there is none.
type announcing struct {
	admin *admin.Handler
	log   *slog.Logger
	mu    sync.Mutex
	said  bool
}

// ServeHTTP answers a request. That for the folder without its slash is one for the
// folder: some services take the slash away.
func (a *announcing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.announce(r.Context())
	switch path := r.URL.Path; {
	case path == strings.TrimSuffix(admin.Path, "/"):
		r.URL.Path = admin.Path
		a.admin.ServeHTTP(w, r)
	case strings.HasPrefix(path, admin.Path):
		a.admin.ServeHTTP(w, r)
	case path == "/":
		http.Redirect(w, r, admin.Path, http.StatusSeeOther)
	default:
		http.NotFound(w, r)
	}
}

// announce writes the link to the log, where only the operator reads it.
func (a *announcing) announce(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.said {
		return
	}
	path, err := a.admin.SetUp(ctx)
	switch {
	case err != nil:
		a.log.Error("link to set the admin up", "cause", err.Error())
		return
	case path != "":
		a.log.Warn("make the first account of the admin, once and within 24 hours, at this path of its address", "path", path)
	}
	a.said = true
}
