package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core/link"
)

func newVerify(s *settings) *cobra.Command {
	var method, client, at string
	c := &cobra.Command{
		Use:   "verify URL",
		Short: "Say what a signed link grants, and whether it is accepted",
		Long: `Say field by field what a signed link grants, how often it was used if it has a
use limit, and whether it is accepted. A link that is refused makes the command
fail, with the reason. Nothing is counted.`,
		Example: "  downlink verify 'https://files.example.org/private/a.pdf?link=…' --config downlink.toml --ip 192.0.2.7",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := saySomething(cmd.Flags()); err != nil {
				return err
			}
			cfg, err := s.loadForLinks()
			if err != nil {
				return err
			}
			now := time.Now()
			if at != "" {
				if now, err = parseWhen("--at", at, now); err != nil {
					return err
				}
			}
			u, err := url.Parse(args[0])
			if err != nil {
				return err
			}
			r := link.Request{Method: method, Path: u.Path, Query: u.RawQuery, Client: client, Now: now}
			return s.verify(cmd.Context(), cmd.OutOrStdout(), cfg, r)
		},
	}
	c.Flags().StringVar(&method, "method", "GET", "method of the request")
	c.Flags().StringVar(&client, "ip", "", "address of the client")
	c.Flags().StringVar(&at, "at", "", "time of the request, as sign takes it (default: now)")
	return c
}

func (s *settings) verify(ctx context.Context, w io.Writer, cfg *config.Config, r link.Request) error {
	keys, err := cfg.Links.ReadKeys()
	if err != nil {
		return err
	}
	o, err := cfg.Links.Options()
	if err != nil {
		return err
	}
	v, err := link.NewVerifier(keys, o)
	if err != nil {
		return err
	}
	g, refusal := v.Verify(r)
	if g == nil {
		g = unverified(r.Query)
	}
	if g == nil {
		return refusal
	}
	if g.Prefix == "" {
		g.Path = r.Path
	}
	show(w, g, r.Now)
	if refusal != nil {
		return fmt.Errorf("refused: %w", refusal)
	}
	if g.Uses == 0 {
		fmt.Fprintln(w, "accepted")
		return nil
	}
	return s.showUses(ctx, w, cfg, g)
}

// unverified is what a token says without anybody vouching for it, nil if it says
// nothing.
func unverified(query string) *link.Grant {
	for p := range strings.SplitSeq(query, "&") {
		if token, ok := strings.CutPrefix(p, link.Param+"="); ok {
			if g, err := link.Decode(token); err == nil {
				return &g
			}
		}
	}
	return nil
}

// show prints the fields of a grant that say something.
func show(w io.Writer, g *link.Grant, now time.Time) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-11s %s\n", name, value)
		}
	}
	quoted := func(name, value string) {
		if value != "" {
			line(name, strconv.Quote(value))
		}
	}
	quoted("path", g.Path)
	quoted("below", g.Prefix)
	line("key", g.Key)
	line("expires", when(g.Expires, now))
	line("not before", when(g.NotBefore, now))
	line("method", [...]string{link.Read: "GET and HEAD", link.Head: "HEAD"}[g.Method])
	line("disposition", [...]string{link.AsServed: "", link.Attachment: "attachment", link.Inline: "inline"}[g.Disposition])
	quoted("name", g.Name)
	line("type", g.MediaType)
	line("network", g.Network)
	quoted("subject", g.Subject)
	line("id", g.ID)
	if g.Uses > 0 {
		line("uses", strconv.FormatInt(g.Uses, 10))
	}
}

func when(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	text := t.UTC().Format(time.RFC3339)
	if d := t.Sub(now).Truncate(time.Second); d < 0 {
		return text + ", " + (-d).String() + " ago"
	} else {
		return text + ", in " + d.String()
	}
}

// showUses says how often a link with a use limit was used.
func (s *settings) showUses(ctx context.Context, w io.Writer, cfg *config.Config, g *link.Grant) error {
	if cfg.Catalog.Driver == config.DriverD1 {
		fmt.Fprintf(w, "%-11s %s\n", "used", "counted on Workers")
		fmt.Fprintln(w, "accepted, if uses are left")
		return nil
	}
	at, _, end, err := s.asItIs(cfg)
	if err != nil {
		return err
	}
	defer end()
	items, _, err := at.openItems(cfg)
	if err != nil {
		return err
	}
	defer items.Close()
	n, err := items.Uses(ctx, g.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%-11s %d\n", "used", n)
	if n >= g.Uses {
		return errors.New("refused: the link was used as often as it may be")
	}
	fmt.Fprintln(w, "accepted")
	return nil
}
