package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The limits of a request that is no upload.
const (
	mostForm     = 1 << 20 // bytes
	readTimeout  = 30 * time.Second
	writeTimeout = time.Minute
)

// routes are the pages of the admin.
func (h *Handler) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, a := range map[string]action{
		"GET /admin/login": login, "POST /admin/login": logIn, "GET /admin/setup": setUp, "POST /admin/setup": choosePassword,
		"GET /admin/oidc/start": startOIDC, "GET /admin/oidc/callback": endOIDC,
	} {
		mux.Handle(pattern, h.visit(mostForm, a))
	}
	for pattern, a := range map[string]action{
		"POST /admin/logout": logOut, "GET /admin/account": account, "POST /admin/account": changePassword,
		"GET /admin/{$}": items, "GET /admin/item/{slug}": item, "POST /admin/item/{slug}": saveItem, "POST /admin/item/{slug}/delete": deleteItem,
		"POST /admin/item/{slug}/link": signLink, "POST /admin/item/{slug}/drop": dropFile, "GET /admin/item/{slug}/picture": picture,
		"GET /admin/upload": uploadPage, "GET /admin/categories": categories, "POST /admin/categories": changeCategory,
		"GET /admin/files": files, "POST /admin/files/new": newItem, "POST /admin/files/pick": pickFile,
		"GET /admin/orphans": findOrphans, "POST /admin/orphans": removeOrphans, "GET /admin/health": health,
		"GET /admin/statistics": showStatistics, "GET /admin/statistics.csv": exportCSV, "GET /admin/statistics.json": exportJSON,
		"/admin/": noPage,
	} {
		mux.Handle(pattern, h.visit(mostForm, known(a)))
	}
	mux.Handle("POST /admin/upload", h.visit(-1, known(upload)))
	if h.tus != nil {
		mux.Handle("POST /admin/uploads/{id}", h.visit(mostForm, known(finishUpload)))
		mux.Handle(uploadsPath, h.visit(-1, known(serveTus)))
	}
	if h.direct != nil {
		for pattern, a := range directly {
			mux.Handle(pattern, h.visit(mostForm, known(a)))
		}
	}
	return mux
}

func noPage(*visit) error { return errNoPage }

// action answers a request or returns why it cannot.
type action func(x *visit) error

// visit is one request on its way through the pages.
type visit struct {
	*Handler
	w    http.ResponseWriter
	r    *http.Request
	user string // "" on pages that need no log-in
}

// visit makes an action a handler with the limits of an ordinary page, and of most
// bytes of a body; -1 is any number.
func (h *Handler) visit(most int64, a action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &visit{Handler: h, w: w, r: r}
		c, now := x.control(), time.Now()
		_, _ = c.SetReadDeadline(now.Add(readTimeout)), c.SetWriteDeadline(now.Add(writeTimeout))
		if most >= 0 {
			r.Body = http.MaxBytesReader(w, r.Body, most)
		}
		if err := a(x); err != nil {
			h.fail(w, r, err)
		}
	})
}

// parseForm reads the form that was sent.
func (x *visit) parseForm() error {
	err := x.r.ParseForm()
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) {
		return err
	}
	return errForm
}

// control is of the request's connection.
func (x *visit) control() *http.ResponseController { return http.NewResponseController(x.w) }

// known lets an action go on for somebody who is logged in. A page that was asked for
// comes after the log-in.
func known(a action) action {
	return func(x *visit) (err error) {
		if x.user, err = x.Handler.user(x.r); err != nil {
			return err
		}
		if x.user != "" {
			return a(x)
		}
		if x.r.Method != http.MethodGet || strings.HasPrefix(x.r.URL.Path, directPath) {
			return errLoggedOut
		}
		target := Path + "login"
		if x.r.URL.Path != Path {
			target += "?" + url.Values{"next": {x.r.URL.RequestURI()}}.Encode()
		}
		http.Redirect(x.w, x.r, target, http.StatusSeeOther)
		return nil
	}
}

// goTo sends the browser on to a page of the admin, with a notice to be shown there;
// "" shows none.
func (x *visit) goTo(path, notice string) error {
	if notice != "" {
		x.sessions(x.r).Put(x.r.Context(), keyNotice, notice)
	}
	http.Redirect(x.w, x.r, path, http.StatusSeeOther)
	return nil
}
