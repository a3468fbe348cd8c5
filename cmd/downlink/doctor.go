package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/doctor"
	"github.com/downlink-go/downlink/front"
)

// examination is what `downlink doctor` was asked for.
type examination struct {
	dir    string
	site   doctor.Site
	fields []string
	json   bool
}

func newDoctor(s *settings) *cobra.Command {
	var x examination
	c := &cobra.Command{
		Use:   "doctor --config FILE [--front URL]",
		Short: "Examine a running site, and name what is broken",
		Long: `Examine a running site hop by hop: the storage, Downlink alone where it listens,
the front server, and what a client gets through all of them. Each fault is named
in one sentence, with the line to change; with one, the exit status is not 0.

One file of each view and rule is asked for, or those that --file names. Nothing is
changed. Run it on the server, as a user who may read what Downlink reads.`,
		Example: "  downlink doctor --config /etc/downlink/downlink.toml\n" +
			"  downlink doctor --config /etc/downlink/downlink.toml --front https://files.example.org --front-config /etc/nginx/nginx.conf",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := x.run(cmd, s)
			if err != nil {
				return err
			}
			if err := x.print(cmd.OutOrStdout(), report); err != nil {
				return err
			}
			if n := len(report.Faults()); n > 0 {
				return fmt.Errorf("%s found", count(n, "fault"))
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&x.dir, "dir", "", "folder that is served, as in 'downlink serve DIR'")
	f.StringVar(&x.site.App, "app", "", `where Downlink listens, host:port or unix:/path (default the configuration's listen)`)
	f.StringVar(&x.site.Front, "front", "", "URL of the front server, such as https://files.example.org")
	f.StringVar(&x.site.FrontName, "front-name", "", "which front server of the rules that is: nginx, apache, lighttpd, caddy, header (default the first rule's)")
	f.StringVar(&x.site.FrontConfig, "front-config", "", "nginx's configuration, or what 'nginx -T' prints: to find the lines to change")
	f.StringVar(&x.site.FrontUser, "front-user", "", "user that the front server reads files as (default whoever listens there)")
	f.StringArrayVar(&x.site.Files, "file", nil, "URL path of a file to ask for; may be repeated")
	f.StringArrayVarP(&x.fields, "header", "H", nil, "request field to send, as 'Name: value'; may be repeated")
	f.DurationVar(&x.site.Timeout, "timeout", 10*time.Second, "for each request")
	f.BoolVar(&x.json, "json", false, "print the results as JSON")
	return c
}

// run examines the site that the configuration describes.
func (x *examination) run(cmd *cobra.Command, s *settings) (*doctor.Report, error) {
	cfg, err := s.load(x.dir)
	if err != nil {
		return nil, err
	}
	return x.examine(cmd.Context(), s, cfg)
}

// examine examines the site of a configuration.
func (x *examination) examine(ctx context.Context, s *settings, cfg *config.Config) (*doctor.Report, error) {
	header, err := parseFields(x.fields)
	if err != nil {
		return nil, err
	}
	s, begun, end, err := s.asItIs(cfg)
	if err != nil {
		return nil, err
	}
	defer end()
	configured, err := s.open(cfg)
	if err != nil {
		return nil, err
	}
	defer configured.Close()
	direct, err := s.open(withoutOffload(cfg))
	if err != nil {
		return nil, err
	}
	defer direct.Close()
	for _, s := range []*site{configured, direct} { // asking here uses no link up
		if err := s.setLinks(peeking{s.items}); err != nil {
			return nil, err
		}
	}
	d := &x.site
	d.Header = header
	d.Handler, d.Direct = configured.downloads(slog.New(slog.DiscardHandler)), direct.downloads(slog.New(slog.DiscardHandler))
	if begun {
		d.Catalog = configured.catalog
	}
	if err := x.describe(cfg, configured); err != nil {
		return nil, err
	}
	if len(d.Files) == 0 {
		d.Files, d.Without = configured.samples(ctx, x.fields)
	}
	return doctor.Examine(ctx, *d), nil
}

// describe fills in what the configuration says of the site.
func (x *examination) describe(cfg *config.Config, configured *site) (err error) {
	d := &x.site
	if d.Rules, err = rules(cfg); err != nil {
		return err
	}
	d.FrontField = front.Field
	for _, st := range cfg.Stores {
		d.Stores = append(d.Stores, configured.stores[st.Name])
	}
	if d.App == "" {
		d.App = cfg.Server.Listen
	}
	d.Position = func(key string) (string, int) {
		line, _ := cfg.Position(key)
		return configured.settings.config, line
	}
	return nil
}

// asItIs are the settings to open a site with and change nothing: a catalogue that is
// not begun yet would be made, for this user. An empty one takes its place until end.
func (s *settings) asItIs(cfg *config.Config) (at *settings, begun bool, end func(), err error) {
	if _, begun, err = s.begun(cfg); begun || err != nil {
		return s, begun, func() {}, err
	}
	dir, err := os.MkdirTemp("", "downlink-catalog-")
	if err != nil {
		return nil, false, nil, err
	}
	empty := *s
	empty.instead = filepath.Join(dir, "catalog.db")
	return &empty, false, func() { os.RemoveAll(dir) }, nil
}

// withoutOffload is the configuration of a site that sends every file itself.
func withoutOffload(c *config.Config) *config.Config {
	d := *c
	d.Offload = nil
	d.Views = append([]config.View(nil), c.Views...)
	for i := range d.Views {
		d.Views[i].Offload = ""
	}
	return &d
}

// downloads is the handler of the site's downloads.
func (s *site) downloads(log *slog.Logger) *nethttp.Handler {
	o := s.config.Server
	return nethttp.New(s.service, nethttp.Options{
		Log: log, AccessLog: s.config.Log.Access, RequestIDField: o.RequestIDHeader, ClientField: o.ClientAddressHeader, WriteTimeout: o.WriteTimeout,
		FrontField: front.Field, Front: o.Front, Observer: s.observer,
	})
}

// parseFields reads fields as the command line gives them.
func parseFields(fields []string) (http.Header, error) {
	h := http.Header{}
	for _, f := range fields {
		name, value, ok := strings.Cut(f, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || !core.ValidToken(name) || strings.ContainsFunc(value, unicode.IsControl) {
			return nil, fmt.Errorf("field %q: write 'Name: value', with a name such as Accept-Encoding", f)
		}
		h.Add(name, value)
	}
	return h, nil
}

func (x *examination) print(out io.Writer, r *doctor.Report) error {
	if x.json {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"results": r.Results, "faults": len(r.Faults())})
	}
	p := painter{out, colours(out)}
	p.report(r)
	return nil
}
