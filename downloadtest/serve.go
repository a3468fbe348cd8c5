package downloadtest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// Get has a handler answer a GET for a target, with request fields as name and value
// in turn: Get(t, h, "/files/a.txt", "Range", "bytes=0-3").
func Get(t testing.TB, h http.Handler, target string, fields ...string) *http.Response {
	t.Helper()
	return Serve(t, h, newRequest(t, target, fields))
}

// Serve has a handler answer a request. A download that is cut off, which a real
// server does by closing the connection, is a body that ends with
// io.ErrUnexpectedEOF.
func Serve(t testing.TB, h http.Handler, r *http.Request) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	cut := serve(h, w, r)
	resp := w.Result()
	resp.Request = r
	if cut {
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, failing{io.ErrUnexpectedEOF}))
	}
	return resp
}

// serve reports whether the handler cut the answer off.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (cut bool) {
	defer func() {
		cause := recover()
		if cut = cause == http.ErrAbortHandler; cause != nil && !cut {
			panic(cause)
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// NewRequest is what a view at a pattern is asked when a client GETs a target, with
// request fields as name and value in turn: for a test of the view alone, without
// routes around it (setup_view in django-downloadview). A target that does not fit
// the pattern ends the test.
func NewRequest(t testing.TB, pattern, target string, fields ...string) *download.Request {
	t.Helper()
	site, err := core.NewSite([]core.Route{{Pattern: pattern, Lookup: core.Custom}})
	if err != nil {
		t.Fatal(err)
	}
	native := newRequest(t, target, fields)
	r := &download.Request{Request: nethttp.Fill(native, time.Now()), Native: native}
	if r.Plan = site.Plan(r.Request); r.Plan.Lookup == core.Answered {
		t.Fatalf("target %q does not come to pattern %q: %s", target, pattern, r.Plan.Answer.Reason)
	}
	return r
}

func newRequest(t testing.TB, target string, fields []string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	if len(fields)%2 != 0 {
		t.Fatalf("request fields %q: want each name with a value", fields)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	return r
}
