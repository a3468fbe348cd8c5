package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
)

// usualLife is how long a link is good if nobody says.
const usualLife = 24 * time.Hour

// signing are the flags of sign.
type signing struct {
	key, expires, notBefore, method       string
	name, mediaType, network, subject, id string
	prefix, inline, attachment            bool
	uses                                  int64
}

func newSign(s *settings) *cobra.Command {
	var f signing
	c := &cobra.Command{
		Use:   "sign URL",
		Short: "Print a signed link that expires",
		Long: `Print a signed link: the URL, or its path alone, with a token that a view with
link = "required" accepts until it expires. docs/links.md tells the format.

Times are durations from now such as 36h or 7d, or RFC 3339 such as
2026-08-01T12:00:00Z.`,
		Example: `  downlink sign https://files.example.org/private/a.pdf --config downlink.toml --expires 7d --name "Report 2026.pdf"
  downlink sign /private/2026/ --prefix --config downlink.toml --subject ann@example.org
  downlink sign /private/a.pdf --config downlink.toml --uses 1`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := saySomething(cmd.Flags()); err != nil {
				return err
			}
			if cmd.Flags().Changed("uses") && f.uses < 1 {
				return fmt.Errorf("--uses %d: write 1 or more, or leave it out for any number of downloads", f.uses)
			}
			cfg, err := s.loadForLinks()
			if err != nil {
				return err
			}
			signed, err := f.sign(cfg, args[0], time.Now())
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), signed)
			return nil
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.expires, "expires", "", "when the link ends (default: in 24h, or max_life of the configuration if that is less)")
	flags.StringVar(&f.notBefore, "not-before", "", "when the link begins to be good")
	flags.StringVar(&f.key, "key", "", "id of the key that signs (default: the first)")
	flags.BoolVar(&f.prefix, "prefix", false, "allow every path below URL, which ends with a slash: put the file's path before the question mark")
	flags.StringVar(&f.name, "name", "", "file name for the client")
	flags.BoolVar(&f.inline, "inline", false, "have browsers show the file, if its type cannot run script")
	flags.BoolVar(&f.attachment, "attachment", false, "have browsers save the file")
	flags.StringVar(&f.mediaType, "type", "", "media type, such as application/pdf")
	flags.StringVar(&f.network, "ip", "", "only for clients at this address or in this network, such as 192.0.2.0/24")
	flags.StringVar(&f.subject, "subject", "", "whom the link is for: goes to the log, and can be revoked")
	flags.StringVar(&f.id, "id", "", "id of the link: goes to the log, and can be revoked (default: a random one)")
	flags.Int64Var(&f.uses, "uses", 0, "how many downloads the link is good for (default: any number)")
	flags.StringVar(&f.method, "method", "GET", "GET, which includes HEAD, or HEAD alone")
	c.MarkFlagsMutuallyExclusive("inline", "attachment")
	return c
}

// sign returns the signed URL, if a server with this configuration would accept it.
func (f *signing) sign(cfg *config.Config, target string, now time.Time) (string, error) {
	base, path, err := splitURL(target)
	if err != nil {
		return "", err
	}
	g, err := f.grant(cfg, path, now)
	if err != nil {
		return "", err
	}
	chosen, err := cfg.LinkKey(f.key)
	if err != nil {
		return "", err
	}
	key, err := chosen.Key()
	if err != nil {
		return "", err
	}
	token, err := key.Sign(g)
	if err != nil {
		return "", err
	}
	if err := wouldAccept(cfg, key, &g, token, now); err != nil {
		return "", err
	}
	return base + link.URL(path, token), nil
}

func (f *signing) grant(cfg *config.Config, path string, now time.Time) (g link.Grant, err error) {
	g = link.Grant{Path: path, Name: f.name, MediaType: f.mediaType, Subject: f.subject, ID: f.id, Uses: f.uses}
	if f.prefix {
		g.Path, g.Prefix = "", path
	}
	if g.ID == "" {
		g.ID = randomID()
	}
	switch {
	case f.inline:
		g.Disposition = link.Inline
	case f.attachment:
		g.Disposition = link.Attachment
	}
	switch f.method {
	case "GET":
	case "HEAD":
		g.Method = link.Head
	default:
		return g, fmt.Errorf("--method %q: write GET or HEAD", f.method)
	}
	if g.Network, err = parseNetwork(f.network); err != nil {
		return g, err
	}
	if f.notBefore != "" {
		if g.NotBefore, err = parseWhen("--not-before", f.notBefore, now); err != nil {
			return g, err
		}
	}
	if f.expires == "" {
		g.Expires = later(now, g.NotBefore).Add(min(usualLife, cfg.Links.MaxLife))
		return g, nil
	}
	g.Expires, err = parseWhen("--expires", f.expires, now)
	return g, err
}

// wouldAccept asks the configuration's own site about a request with the link, at the
// first moment at which it is good.
func wouldAccept(cfg *config.Config, key link.Key, g *link.Grant, token string, now time.Time) error {
	o, err := cfg.Links.Options()
	if err != nil {
		return err
	}
	v, err := link.NewVerifier([]link.Key{key}, o)
	if err != nil {
		return err
	}
	site, err := core.NewSite(cfg.Routes())
	if err != nil {
		return err
	}
	path := g.Path
	if g.Prefix != "" {
		path = g.Prefix + "x"
	}
	r := core.Request{Method: "HEAD", Path: string(core.AppendEscapedPath(nil, path)), Query: link.Param + "=" + token, Now: later(now, g.NotBefore)}
	r.Client, _, _ = strings.Cut(g.Network, "/")
	p := site.WithLinks(v).Plan(r)
	switch {
	case p.Lookup == core.Answered && p.Answer.Status == 403:
		return fmt.Errorf("a server with this configuration would refuse it: %s", p.Answer.Reason)
	case g.Prefix == "" && p.Lookup == core.Answered:
		return fmt.Errorf("%s is no file of this configuration: %s", g.Path, p.Answer.Reason)
	case g.Prefix == "" && p.Link == nil:
		return fmt.Errorf("the view at %s lets everybody in: write link = \"required\" into it", cfg.Views[p.Route].Pattern)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// splitURL splits a URL or a path, percent-encoded, into what comes before the path
// and the decoded path.
func splitURL(target string) (base, path string, err error) {
	u, err := url.Parse(target)
	if err != nil {
		return "", "", err
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "", "", fmt.Errorf("%s: leave out what follows the path; write ? and # of a file's name as %%3F and %%23", target)
	}
	absolute := (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	if !strings.HasPrefix(u.Path, "/") || !absolute && u.Scheme+u.Host != "" {
		return "", "", fmt.Errorf("%s: write a URL such as https://files.example.org/private/a.pdf, or its path", target)
	}
	if absolute {
		base = u.Scheme + "://" + u.Host
	}
	prefix, _ := strings.CutSuffix(u.EscapedPath(), "/")
	if prefix != "" && core.CanonicalPath(prefix) == "" {
		return "", "", fmt.Errorf("%s: no file is at such a path", target)
	}
	return base, u.Path, nil
}

// parseWhen reads a time: RFC 3339, or a duration from now, in days too.
func parseWhen(flag, text string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	number, days := strings.CutSuffix(text, "d")
	unit := time.Duration(1)
	if days {
		number, unit = number+"h", 24
	}
	d, err := time.ParseDuration(number)
	if err != nil || d <= 0 || d > math.MaxInt64/unit {
		return time.Time{}, fmt.Errorf("%s %q: write a duration such as 36h or 7d, or a time such as 2026-08-01T12:00:00Z", flag, text)
	}
	d *= unit
	return now.Add(d), nil
}

// parseNetwork reads an address or a network, and drops the bits beyond it.
func parseNetwork(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a.WithZone(""), a.BitLen()).String(), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return "", fmt.Errorf("--ip %q: write an address or a network, such as 192.0.2.7 or 2001:db8::/32", text)
	}
	return p.Masked().String(), nil
}

func randomID() string {
	var b [9]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
