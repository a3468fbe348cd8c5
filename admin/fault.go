package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/storage"
)

// fault is why a request is refused, in words for whoever asked.
type fault struct {
	status  int
	message string
}

func (f *fault) Error() string { return f.message }

var (
	errNoPage    = &fault{http.StatusNotFound, "There is no such page."}
	errLoggedOut = &fault{http.StatusForbidden, "You are not logged in any more. Log in, then send the form again."}
	errTooMany   = &fault{http.StatusTooManyRequests, "Too many attempts. Wait a minute, then try again."}
	errBusy      = &fault{http.StatusServiceUnavailable, "Too many people log in at this moment. Try again in a few seconds."}
	errTooLarge  = &fault{http.StatusRequestEntityTooLarge, "This is larger than the server takes."}
	errNoRoom    = &fault{http.StatusInsufficientStorage, "The server has no room left for this. Ask its operator."}
	errForm      = &fault{http.StatusBadRequest, "The form that was sent cannot be read. Go back, load the page again and try once more."}
	errStore     = &fault{http.StatusServiceUnavailable, "The storage or the database cannot answer now. Try again in a moment."}
	errInside    = &fault{http.StatusInternalServerError, "Something went wrong. The server's log says what."}
)

// faultOf is what a client hears of an error.
func faultOf(err error) *fault {
	var f *fault
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &large):
		return errTooLarge
	case errors.Is(err, catalog.ErrUnsupported):
		return &fault{http.StatusNotImplemented, "The database of this site cannot do that."}
	case isFull(err):
		return errNoRoom
	case errors.Is(err, catalog.ErrNotFound), errors.Is(err, storage.ErrNotFound):
		return &fault{http.StatusNotFound, "There is no such item or file."}
	case errors.Is(err, catalog.ErrUnavailable), errors.Is(err, storage.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return errStore
	}
	return errInside
}

// fail answers a request that cannot be done. Only our own failures are logged.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := faultOf(err)
	if f.status >= http.StatusInternalServerError && r.Context().Err() == nil {
		h.log.Error("admin", "method", r.Method, "path", r.URL.EscapedPath(), "id", w.Header().Get("X-Request-Id"), "cause", err.Error())
	}
	switch f.status {
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", strconv.Itoa(int(attemptsWithin.Seconds()/attempts)))
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	}
	if strings.HasPrefix(r.URL.Path, directPath) { // a script asks, no person
		send(w, f.status, "text/plain; charset=utf-8", []byte(f.message))
		return
	}
	show(w, r, f.status, "error", &shown{Title: http.StatusText(f.status), Problem: f.message})
}

// refuseOther answers what another site had a browser send.
func (h *Handler) refuseOther(w http.ResponseWriter, r *http.Request) {
	h.fail(w, r, &fault{http.StatusForbidden, "This was sent from another site and is refused. Use the pages of this one."})
}
