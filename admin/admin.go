// Package admin is the web pages by which people look after a site: who they are,
// what they upload, the items of the catalogue and how often each was downloaded. It
// is an ordinary http.Handler for everything at Path and below.
package admin

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/doctor"
	"github.com/downlink-go/downlink/internal/flight"
	"github.com/downlink-go/downlink/storage"
)

// Path is where the admin is.
const Path = "/admin/"

// Options are what the admin works with.
type Options struct {
	Log *slog.Logger // nil discards
	// Records keep accounts and sessions: SQL makes them of a database.
	Records Records
	Catalog *catalog.Catalog
	// Counter has what was counted; nil shows no counts.
	Counter catalog.Counter
	// Stores are all of the site's, to pick files from.
	Stores []*storage.Store
	// URL is the site's, with a slash at its end; "" writes links without it.
	URL string
	// Item is where items are served, by slug, and Version where their versions are,
	// if they are.
	Item    func(slug string) (path string, ok bool)
	Version func(slug, version string) (path string, ok bool)
	// Sign makes a signed link to a URL of the site; nil makes none.
	Sign func(url string, w Wish) (string, error)
	// Examine examines the site; nil has no page of its health.
	Examine func(ctx context.Context) (*doctor.Report, error)
	// Store is where uploaded files are put; it can be written to.
	Store *storage.Store
	// Uploads is the folder of uploads that are not whole yet, made if it is not
	// there. Nobody else uses it. "" is for a site without one, whose uploads are Direct.
	Uploads string
	// Direct has browsers send files to Store themselves, by URLs that are signed for
	// each part.
	Direct bool
	// MaxForm is the most bytes of a file that comes with a form, without JavaScript; 0
	// is MaxUpload.
	MaxForm int64
	// MaxUpload is the most bytes of a file.
	MaxUpload int64
	// Session is how long somebody stays logged in.
	Session time.Duration
	// OIDC is the provider by which people log in too; nil without one.
	OIDC *OIDC
	// Client is the address that a request comes from; nil is the connection's.
	Client func(*http.Request) string
	// Secure reports whether the client speaks https; nil goes by the connection.
	Secure func(*http.Request) bool
}

// Wish is what a signed link is to allow.
type Wish struct {
	Life    time.Duration
	Uses    int64  // 0: any number
	Name    string // of the file, in place of its own; "" keeps that
	Subject string // whom it is for
}

// Handler is the admin.
type Handler struct {
	opts          Options
	log           *slog.Logger
	accounts      *Accounts
	plain, secure *scs.SessionManager // over http and over https
	attempts      limits
	tus           http.Handler         // nil without a folder of uploads
	direct        *storage.Uploads     // nil unless uploads are direct
	finishing     flight.Group[string] // uploads by id
	changing      sync.Mutex           // of items that are read, changed and put
	chain         http.Handler
}

// New returns the admin.
func New(o Options) (*Handler, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = func(r *http.Request) string { return r.RemoteAddr }
	}
	if o.MaxForm == 0 {
		o.MaxForm = o.MaxUpload
	}
	if o.Secure == nil {
		o.Secure = func(r *http.Request) bool { return r.TLS != nil }
	}
	h := &Handler{opts: o, log: o.Log, accounts: NewAccounts(o.Records)}
	h.plain, h.secure = newSessions(o.Records, o.Session, false), newSessions(o.Records, o.Session, true)
	h.plain.ErrorFunc, h.secure.ErrorFunc = h.fail, h.fail
	if err := h.openUploads(); err != nil {
		return nil, err
	}
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(h.refuseOther))
	h.chain = protection.Handler(h.withSession(h.routes()))
	return h, nil
}

// openUploads makes ready what takes uploads.
func (h *Handler) openUploads() (err error) {
	if h.opts.Direct {
		if h.direct = h.opts.Store.Uploads(); h.direct == nil {
			return fmt.Errorf("browsers cannot send files to store %q themselves: uploads have to go through the server", h.opts.Store.Name())
		}
	}
	if h.opts.Uploads == "" {
		return nil
	}
	if err := os.MkdirAll(h.opts.Uploads, 0o700); err != nil {
		return fmt.Errorf("make the folder of uploads: %w", err)
	}
	h.tus, err = h.newTus()
	return err
}

// contentSecurityPolicy allows the admin's own files, uploads to the store if they are
// direct, and nothing else.
func (h *Handler) contentSecurityPolicy() string {
	connect := "'self'"
	if h.direct != nil {
		connect += " " + h.direct.Origin()
	}
	return "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src " + connect + "; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range map[string]string{
		"Content-Security-Policy": h.contentSecurityPolicy(), "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		// Not no-referrer: browsers then send "Origin: null" with forms.
		"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options": "DENY", "X-Robots-Tag": "noindex",
	} {
		w.Header().Set(name, value)
	}
	h.chain.ServeHTTP(w, r)
}

// withSession loads and saves the session of a request. The files of the pages need
// none.
func (h *Handler) withSession(next http.Handler) http.Handler {
	plain, secure := h.plain.LoadAndSave(next), h.secure.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case serveAsset(w, r):
		case h.opts.Secure(r):
			secure.ServeHTTP(w, r)
		default:
			plain.ServeHTTP(w, r)
		}
	})
}

func (h *Handler) sessions(r *http.Request) *scs.SessionManager {
	if h.opts.Secure(r) {
		return h.secure
	}
	return h.plain
}

// setUpLife is how long the link is good by which a site gets its first account.
const setUpLife = 24 * time.Hour

// SetUp returns the path of a link by which the first account is made, "" if there is
// one or people log in by OpenID Connect.
func (h *Handler) SetUp(ctx context.Context) (string, error) {
	names, err := h.accounts.Names(ctx)
	if err != nil || len(names) > 0 || h.opts.OIDC != nil {
		return "", err
	}
	token, err := h.accounts.Link(ctx, "", time.Now().Add(setUpLife))
	return LinkPath(token), err
}

// LinkPath is the path of a link by which somebody chooses a password. The token is
// in the query, which no log has.
func LinkPath(token string) string {
	return Path + "setup?" + url.Values{"token": {token}}.Encode()
}
