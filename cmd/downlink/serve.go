package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/page"
)

func newServe(s *settings) *cobra.Command {
	var listen string
	var withAdmin bool
	c := &cobra.Command{
		Use:   "serve [DIR]",
		Short: "Serve a folder, or what a configuration says",
		Long: `Serve downloads until interrupted; running downloads are then finished first.

With a folder, every file below it is at /files/<path>, the catalogue's items are
at /d/<slug>, and / lists them. With --config, the views of the configuration
are served; a folder given as well takes the place of its store "files".`,
		Example: "  downlink serve ~/Public\n  downlink serve --config /etc/downlink/downlink.toml",
		Args:    cobra.MaximumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := s.load(strings.Join(args, ""))
			if err != nil {
				return err
			}
			if listen != "" {
				cfg.Server.Listen = listen
			}
			if withAdmin {
				if err := s.addAdmin(cfg); err != nil {
					return err
				}
			}
			return serve(cmd.Context(), s, cfg, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	c.Flags().BoolVar(&withAdmin, "admin", false, "have the admin at /admin/ to upload files and look after items; with a folder alone, uploads go to the data folder")
	c.Flags().StringVar(&listen, "listen", "", `address, host:port or unix:/path (default "127.0.0.1:8080", or the configuration's)`)
	return c
}

// serve runs the site until ctx ends. What it serves goes to out, the log to
// logs.
func serve(ctx context.Context, s *settings, cfg *config.Config, out, logs io.Writer) error {
	site, err := s.open(cfg)
	if err != nil {
		return err
	}
	defer site.Close()
	boundGarbage()
	buffered := newLogWriter(logs)
	defer buffered.Close()
	log := newLogger(buffered, cfg.Log)
	l, err := listenAt(ctx, cfg.Server.Listen)
	if err != nil {
		return err
	}
	defer l.Close()
	tracker, err := site.track(out, log)
	if err != nil {
		return err
	}
	defer closeTracker(tracker, cfg, log)
	site.observe(tracker)
	whole, err := newServer(site, log, l)
	if err != nil {
		return err
	}
	announce(out, cfg, l, site.place)
	if err := site.announceAdmin(ctx, out, l); err != nil {
		return err
	}
	defer site.watch(ctx, log)()
	stopMetrics, err := site.serveMetrics(ctx, out, log)
	if err != nil {
		return err
	}
	defer stopMetrics()
	if err := whole.Serve(ctx, l); err != nil {
		return err
	}
	fmt.Fprintln(out, "Stopped.")
	return nil
}

// listenAt listens at an address, host:port or unix:/path.
func listenAt(ctx context.Context, at string) (net.Listener, error) {
	if path, ok := strings.CutPrefix(at, "unix:"); ok && !filepath.IsAbs(path) {
		return nil, fmt.Errorf("cannot listen at %s: write the socket's absolute path, such as unix:/run/downlink.sock", at)
	}
	l, err := nethttp.Listen(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("cannot listen at %s: %w: choose another address with --listen", at, err)
	}
	return l, nil
}

// watch does what is to be done beside requests, until ctx ends or stop is called,
// which waits for it.
func (s *site) watch(ctx context.Context, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watched sync.WaitGroup
	watched.Go(func() { s.watchLinks(ctx, log) })
	watched.Go(func() { s.tidyUploads(ctx, log) })
	watched.Go(func() { s.tryCatalog(ctx, log) })
	return func() { cancel(); watched.Wait() }
}

// tryCatalog asks the catalogue for an item, if items are served, and tells the log of
// one that cannot be read: the site is up without it, and tries again with each request.
func (s *site) tryCatalog(ctx context.Context, log *slog.Logger) {
	if !slices.ContainsFunc(s.config.Views, func(v config.View) bool { return v.Kind == config.KindObject || len(v.Items) > 0 }) {
		return
	}
	_, err := s.catalog.Item(ctx, "a")
	if err == nil || errors.Is(err, catalog.ErrNotFound) || ctx.Err() != nil {
		return
	}
	log.Error("the catalogue cannot be read: items are answered with 503 until it can; --data or [catalog] of the configuration say where it is",
		"place", s.place, "cause", err.Error())
}

func newServer(s *site, log *slog.Logger, l net.Listener) (*nethttp.Server, error) {
	o := s.config.Server
	downloads := s.downloads(log)
	pages := s.pages(log)
	for path, p := range pages {
		pages[path] = downloads.Page(p)
	}
	r := root{pages: pages, downloads: downloads}
	if s.config.Admin.Enabled {
		if err := s.openAdmin(downloads, log, l); err != nil {
			return nil, err
		}
		r.admin = downloads.App(s.admin)
	}
	downloadsAt := func(path string) *nethttp.Handler {
		if r.at(path) == http.Handler(downloads) {
			return downloads
		}
		return nil
	}
	return nethttp.NewServer(r, nethttp.ServerOptions{
		ReadHeaderTimeout: o.ReadHeaderTimeout, IdleTimeout: o.IdleTimeout,
		ShutdownTimeout: o.ShutdownTimeout, MaxHeaderBytes: o.MaxHeaderBytes, Log: log, Downloads: downloadsAt,
	}), nil
}

// pages are the site's own, by their path.
func (s *site) pages(log *slog.Logger) map[string]http.Handler {
	index := s.index(log)
	pages := index.Pages()
	if index.Catalog != nil {
		pages[page.SitemapPath] = index.Sitemap()
	}
	pages[page.ReadyPath] = s.ready(log)
	if s.config.Metrics.Path != "" {
		pages[s.config.Metrics.Path] = s.metrics
	}
	return pages
}

// pageAt says what is at a path that no view answers, "" if views do.
func (s *site) pageAt(path string, log *slog.Logger) string {
	if s.config.Admin.Enabled && isAdmin(path) {
		return "the admin"
	}
	if _, ok := s.pages(log)[path]; ok {
		return "a page of its own"
	}
	return ""
}

// root is the whole site: a few pages, the admin, and downloads everywhere else. It
// compares the path as it was sent and never redirects.
type root struct {
	pages     map[string]http.Handler
	admin     http.Handler // nil without one
	downloads http.Handler
}

func (h root) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.at(cmp.Or(r.URL.EscapedPath(), "/")).ServeHTTP(w, r) // none in "http://example.org"
}

// at is what answers at a path.
func (h root) at(path string) http.Handler {
	if p, ok := h.pages[path]; ok {
		return p
	}
	if h.admin != nil && isAdmin(path) {
		return h.admin
	}
	return h.downloads
}

// isAdmin reports whether a path is the admin's, which sends on who leaves its slash out.
func isAdmin(path string) bool { return strings.HasPrefix(path+"/", admin.Path) }

// packed says what a view makes zip files of.
func packed(cfg *config.Config, v config.View) string {
	if len(v.Items) > 0 {
		return fmt.Sprintf("%d items", len(v.Items))
	}
	st, _ := cfg.Store(v.Store)
	return place(st)
}

// announce says what is served and where.
func announce(out io.Writer, cfg *config.Config, l net.Listener, items string) {
	fmt.Fprintf(out, "Downlink serves at %s\n", address(l))
	if at, ok := l.Addr().(*net.TCPAddr); ok && at.IP.IsUnspecified() {
		fmt.Fprintln(out, "  and at every other address of this machine: write host:port to choose one")
	}
	for _, v := range cfg.Views {
		fmt.Fprintf(out, "  %-24s %s%s\n", v.Pattern, source(cfg, v, items), whose(cfg, v))
	}
	for _, r := range cfg.Offload {
		to := r.Destination
		if to == "" {
			to = "the same folder"
		}
		fmt.Fprintf(out, "  sent by %-16s %s%s%s -> %s\n", r.Front, r.Source, r.SourceDir, r.SourceURL, to)
	}
}

// address is where l listens, as a URL if browsers can go there.
func address(l net.Listener) string {
	tcp, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return "unix:" + l.Addr().String()
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "localhost"
	}
	return fmt.Sprintf("http://%s/", net.JoinHostPort(host, fmt.Sprint(tcp.Port)))
}

// source says where the files of a view come from.
func source(cfg *config.Config, v config.View, items string) string {
	switch v.Kind {
	case config.KindPath:
		return "files of " + v.Root
	case config.KindHTTP:
		return "files of " + v.URL
	case config.KindOverlay:
		return "overlay " + v.Overlay + ", kept in " + cfg.Generated.Path
	case config.KindZip:
		return "zip files of " + packed(cfg, v)
	case config.KindObject:
		if v.Field != "" {
			return "field " + v.Field + " of items"
		}
		return "items of " + items
	}
	st, _ := cfg.Store(v.Store)
	return "files of " + place(st)
}

// whose says who may have the files of a view, if not everybody.
func whose(cfg *config.Config, v config.View) string {
	text := ""
	if v.Link == config.LinkRequired {
		text += ", by signed link"
	}
	if v.Allow == config.AllowForwardAuth {
		text += ", if " + cfg.ForwardAuth.URL + " allows"
	}
	return text
}
