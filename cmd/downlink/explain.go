package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/front"
)

func newExplain(s *settings) *cobra.Command {
	var fields []string
	var dir, client string
	c := &cobra.Command{
		Use:   "explain METHOD URL-PATH",
		Short: "Print what would be answered to a request, and why",
		Long: `Print the decision about a request for the real file, without sending it:
status, fields, delivery, byte ranges, the reason, and the rule that led to it.

Files are left to the front server that a request says it came through, as it does
with -H 'X-Downlink-Front: nginx', and to no other.`,
		Example: "  downlink explain GET /files/a.pdf --dir ~/Public -H 'Range: bytes=0-99'",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := parseNative(args[0], args[1], fields)
			if err != nil {
				return err
			}
			cfg, err := s.load(dir)
			if err != nil {
				return err
			}
			if err := comeFrom(r, client, cfg); err != nil {
				return err
			}
			at, _, end, err := s.asItIs(cfg)
			if err != nil {
				return err
			}
			defer end()
			site, err := at.open(cfg)
			if err != nil {
				return err
			}
			defer site.Close()
			if err := site.setLinks(peeking{site.items}); err != nil {
				return err
			}
			site.explain(r.WithContext(cmd.Context()), cmd.OutOrStdout())
			return nil
		},
	}
	c.Flags().StringArrayVarP(&fields, "header", "H", nil, "request field, as 'Name: value'; may be repeated")
	c.Flags().StringVar(&client, "ip", "", "address of the client, for links that are for one network")
	c.Flags().StringVar(&dir, "dir", "", "folder to serve, as in 'downlink serve DIR'")
	return c
}

// parseRequest reads a request as the command line gives it, by the same code
// that reads one from the network.
func parseRequest(method, target string, fields []string) (*download.Request, error) {
	r, err := parseNative(method, target, fields)
	if err != nil {
		return nil, err
	}
	return &download.Request{Request: nethttp.Fill(r, time.Now()), Header: r.Header, Native: r}, nil
}

func parseNative(method, target string, fields []string) (*http.Request, error) {
	if !strings.HasPrefix(target, "/") {
		return nil, fmt.Errorf("URL-PATH %q: begin it with %q, percent-encoded as a client sends it", target, "/")
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, fmt.Errorf("no server takes this: %w", err)
	}
	header, err := parseFields(fields)
	if err != nil {
		return nil, err
	}
	return &http.Request{Method: method, URL: u, Header: header}, nil
}

// comeFrom has a request come from a client: by itself or, if the configuration says in
// which field, through a front server that says so.
func comeFrom(r *http.Request, client string, cfg *config.Config) error {
	if client == "" {
		return nil
	}
	if _, err := netip.ParseAddr(client); err != nil {
		return fmt.Errorf("--ip %q: write an address, such as 192.0.2.7", client)
	}
	r.RemoteAddr = client
	if field := cfg.Server.ClientAddressHeader; field != "" {
		r.Header.Set(field, client)
	}
	return nil
}

// explanation is lines of a name and what there is to say.
type explanation struct{ io.Writer }

func (e explanation) line(name, format string, args ...any) {
	fmt.Fprintf(e, "%-9s "+format+"\n", append([]any{name}, args...)...)
}

func (s *site) explain(r *http.Request, w io.Writer) {
	e, log := explanation{w}, slog.New(slog.DiscardHandler)
	if what := s.pageAt(r.URL.EscapedPath(), log); what != "" {
		e.line("request", "%s %s", r.Method, r.URL.EscapedPath())
		e.line("view", "%s, not a download", what)
		return
	}
	asked, answer := s.downloads(log).Explain(r)
	defer answer.Close()
	e.line("request", "%s %s", asked.Method, asked.Path)
	e.through(s.config, asked)
	e.plan(s.config, asked)
	e.found(answer)
	e.answer(answer)
}

// through says which front server may send the file, where there are rules for one.
func (e explanation) through(cfg *config.Config, r *download.Request) {
	switch {
	case len(cfg.Offload) == 0:
	case r.Front == download.Off:
		e.line("front", "none: add -H '%s: %s' to ask through that server", front.Field, cfg.Offload[0].Front)
	default:
		e.line("front", "%s", r.Front)
	}
}

// plan says what is looked at.
func (e explanation) plan(cfg *config.Config, r *download.Request) {
	if r.Plan.Route >= 0 {
		v := cfg.Views[r.Plan.Route]
		e.line("view", "%s at %s", v.Kind, v.Pattern)
	}
	switch {
	case r.Plan.Lookup == core.Answered:
	case r.Plan.Field != "":
		e.line("looks at", "%s %q, its field %q", r.Plan.Lookup, r.Plan.Key, r.Plan.Field)
	default:
		e.line("looks at", "%s %q", r.Plan.Lookup, r.Plan.Key)
	}
}

// found says what there is.
func (e explanation) found(a *download.Answer) {
	if a.Store != nil {
		e.line("file", "%q in store %q", a.Key, a.Store.Name())
	}
	if rule := a.Target.Rule; rule != nil {
		e.line("rule", "%s sends %s%s%s as %s", rule.Front, rule.Source, rule.SourceDir, rule.SourceURL, a.Target.Path)
	}
	if g := a.Link; g != nil {
		e.line("link", "of the key %q, id %q, subject %q, until %s", g.Key, g.ID, g.Subject, g.Expires.Format(time.RFC3339))
	}
}

// answer says what is answered, and why.
func (e explanation) answer(a *download.Answer) {
	e.line("status", "%d %s", a.Status, http.StatusText(a.Status))
	e.line("delivery", "%s", a.Delivery)
	if place, query, _ := strings.Cut(a.Location, "?"); place != "" {
		e.line("location", "%s", place)
		if query != "" {
			e.line("", "and %d bytes of query with the signature", len(query))
		}
	}
	for _, f := range a.Elsewhere {
		e.line("there", "%s: %s", f.Name, f.Value)
	}
	for _, s := range a.Spans {
		e.line("span", "bytes %d to %d, %d in all", s.Start, s.Start+s.Length-1, s.Length)
	}
	e.line("reason", "%s", a.Reason)
	if a.Cause != nil {
		e.line("cause", "%v", a.Cause)
	}
	e.line("counts", "%v", a.Counts)
	for _, f := range a.Fields {
		e.line("field", "%s: %s", f.Name, f.Value)
	}
}
