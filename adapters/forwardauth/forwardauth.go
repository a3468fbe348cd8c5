// Package forwardauth asks the user's own application whether a client may have a
// file, as nginx's auth_request, Traefik's forwardAuth and Caddy's forward_auth do.
package forwardauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/download"
)

// Options are the settings of a Client. URL is required.
type Options struct {
	// URL is where the application answers: absolute, http or https.
	URL string
	// Timeout is for the whole answer; 0 is 5 s.
	Timeout time.Duration
	// Fields are the request fields that are passed on; nil is Cookie and
	// Authorization.
	Fields []string
	// LoginRedirect passes a redirect of the application on to the client. Without
	// it, a redirect is no answer.
	LoginRedirect bool
	// FrontSetsProto takes X-Forwarded-Proto from the request: a front server sets
	// it on every one.
	FrontSetsProto bool
}

// Client asks one application.
type Client struct {
	opts Options
	http http.Client
}

const (
	maxHead = 64 << 10 // bytes of the head of an answer
	maxBody = 4 << 10  // bytes of its body that are read for the sake of the connection
)

// New returns a client for the application at o.URL.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, fmt.Errorf("forward-auth: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("forward-auth: the URL of the application is absolute, such as http://127.0.0.1:8000/auth")
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Fields == nil {
		o.Fields = []string{"Cookie", "Authorization"}
	}
	c := &Client{opts: o}
	c.http.Transport = &http.Transport{
		// The environment's proxy is for the world outside, not for this.
		Proxy:                  nil,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    100,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: maxHead,
		DisableCompression:     true,
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c, nil
}

// Close lets go of idle connections.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Allow asks the application about a request. 2xx allows; 401 and 403 deny, and with
// LoginRedirect 302, 303 and 307 do; anything else, or nothing within the timeout, is
// download.ErrUndecided.
func (c *Client) Allow(ctx context.Context, r *download.Request) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	ask, err := c.request(ctx, r)
	if err != nil {
		return fmt.Errorf("forward-auth: %w: %w", download.ErrUndecided, err)
	}
	resp, err := c.http.Do(ask)
	if err != nil {
		return fmt.Errorf("forward-auth: %w: %w", download.ErrUndecided, err)
	}
	defer resp.Body.Close()
	if n := resp.ContentLength; n > 0 && n <= maxBody { // to keep the connection; the status has said it all
		_, _ = io.CopyN(io.Discard, resp.Body, n)
	}
	return c.verdict(resp)
}

// verdict is what an answer means.
func (c *Client) verdict(resp *http.Response) error {
	switch status := resp.StatusCode; status {
	case http.StatusUnauthorized:
		return &download.Denial{Status: status, Challenge: strings.Join(resp.Header.Values("WWW-Authenticate"), ", ")}
	case http.StatusForbidden:
		return &download.Denial{Status: status}
	case http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect:
		to := resp.Header.Get("Location")
		switch {
		case !c.opts.LoginRedirect:
			return fmt.Errorf("forward-auth: %w: the application redirects (%d): it answers 2xx, 401 or 403, unless login_redirect is set", download.ErrUndecided, status)
		case !leadsOn(to):
			return fmt.Errorf("forward-auth: %w: the application redirects to no http URL and no absolute path", download.ErrUndecided)
		}
		return &download.Denial{Status: status, Location: to}
	default:
		if status >= 200 && status < 300 {
			return nil
		}
		return fmt.Errorf("forward-auth: %w: the application answers %d: 2xx allows, 401 and 403 deny", download.ErrUndecided, status)
	}
}

// leadsOn reports whether a browser may be sent to a place: an absolute URL of http,
// or an absolute path on the same host.
func leadsOn(to string) bool {
	u, err := url.Parse(to)
	if err != nil {
		return false
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return u.Host != ""
	}
	return u.Scheme == "" && strings.HasPrefix(to, "/")
}

// request is made from nothing: what the application is to know, and the fields
// that are passed on.
func (c *Client) request(ctx context.Context, r *download.Request) (*http.Request, error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, c.opts.URL, nil)
	if err != nil {
		return nil, err
	}
	// The application compares what is opened, however the client has written it.
	target := core.CanonicalPath(r.Path)
	if target == "" {
		return nil, errors.New("the path has no canonical form")
	}
	if query := link.WithoutLink(r.Query); query != "" {
		target += "?" + query
	}
	h := ask.Header
	h.Set("User-Agent", "Downlink")
	h.Set("X-Original-Method", r.Method) // as in nginx's examples
	h.Set("X-Original-URI", target)
	h.Set("X-Forwarded-Method", r.Method) // as Traefik and Caddy have it
	h.Set("X-Forwarded-Uri", target)
	if client := address(r.Client); client != "" {
		h.Set("X-Forwarded-For", client)
	}
	if native, ok := r.Native.(*http.Request); ok {
		h.Set("X-Forwarded-Host", native.Host)
		h.Set("X-Forwarded-Proto", c.proto(native))
	}
	for _, name := range c.opts.Fields {
		if lines := fieldLines(r, name); len(lines) > 0 {
			h[http.CanonicalHeaderKey(name)] = lines
		}
	}
	return ask, nil
}

func (c *Client) proto(r *http.Request) string {
	if said := r.Header.Get("X-Forwarded-Proto"); c.opts.FrontSetsProto && (said == "http" || said == "https") {
		return said
	}
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// fieldLines are the lines of a field of the request.
func fieldLines(r *download.Request, name string) []string {
	if h, ok := r.Header.(http.Header); ok {
		return h.Values(name)
	}
	if r.Header == nil || r.Header.Get(name) == "" {
		return nil
	}
	return []string{r.Header.Get(name)}
}

// address is a client's address without a port, "" if there is none.
func address(client string) string {
	if p, err := netip.ParseAddrPort(client); err == nil {
		return p.Addr().Unmap().String()
	}
	if a, err := netip.ParseAddr(client); err == nil {
		return a.Unmap().String()
	}
	return ""
}
