package config

import (
	"net/url"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

// AllowForwardAuth as a view's Allow asks the application of [forward_auth].
const AllowForwardAuth = "forward-auth"

// ForwardAuth is the user's own application that says who may have what.
type ForwardAuth struct {
	URL           string        `toml:"url"` // "" without one
	Timeout       time.Duration `toml:"timeout" default:"5s"`
	Headers       []string      `toml:"headers"` // nil: Cookie and Authorization
	LoginRedirect bool          `toml:"login_redirect"`
}

// Protected reports whether not everybody may have the view's files.
func (v View) Protected() bool { return v.Link != "" || v.Allow != "" }

func (r *report) checkForwardAuth(f ForwardAuth) {
	if !r.has("forward_auth") {
		return
	}
	u, err := url.Parse(f.URL)
	switch key := "forward_auth.url"; {
	case f.URL == "":
		r.fault(key, `url is missing: write where your application answers, such as "http://127.0.0.1:8000/auth"`)
	case strings.Contains(f.URL, "@"):
		r.fault(key, "url: take the user name and the password out; what the client sends is passed on")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Fragment != "" || !isPrintable(f.URL):
		r.fault(key, `url %s: write an absolute URL such as "http://127.0.0.1:8000/auth"`, quote(f.URL))
	}
	for _, name := range f.Headers {
		if !core.ValidToken(name) {
			r.fault("forward_auth.headers", `headers: %s is not the name of a header field, such as "Cookie"`, quote(name))
		} else if ofConnection(name) {
			r.fault("forward_auth.headers", "headers: %s is said by Downlink itself or of no use there: take it out", quote(name))
		}
	}
}

// ofConnection are fields that are not passed on: those of the connection and of a
// body, and those that Downlink sets for the application.
func ofConnection(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "host", "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
		"content-length", "content-type", "expect", "range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since":
		return true
	}
	return strings.HasPrefix(name, "x-forwarded-") || strings.HasPrefix(name, "x-original-")
}

// checkAccess checks who may have the view's files against the rest of the view.
func (r *report) checkAccess(c *Config, v View, path string) {
	if v.Link == LinkRequired && !c.HasLinks() && !r.faulty("links") {
		r.fault(path+".link", "link needs keys: write [[links.keys]] with id and secret_file")
	}
	if v.Allow == AllowForwardAuth && !r.has("forward_auth") {
		r.fault(path+".allow", `allow needs an application to ask: write [forward_auth] with url = "http://127.0.0.1:8000/auth"`)
	}
	if !v.Protected() {
		return
	}
	if v.List {
		r.fault(path+".list", "list would tell everybody the names of files that not everybody may have: take it out")
	}
	if st, found := c.Store(v.Store); found && st.UnsignedPublicURL != "" && st.Delivery == "redirect" {
		r.fault(path+".store", "store %s sends clients to a public URL, and not everybody may have this view's files: write cloudfront_url into the store, or delivery = \"stream\"", quote(v.Store))
	}
	control := strings.ToLower(v.CacheControl)
	if strings.Contains(control, "public") || strings.Contains(control, "s-maxage") {
		r.fault(path+".cache_control", `cache_control %s would have shared caches give the files to everybody: write "private" or leave it out`, quote(v.CacheControl))
	}
}
