package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"syscall/js"

	"github.com/syumai/workers"

	"github.com/downlink-go/downlink/core"
)

// given is what instance.mjs gives to the instance, while it starts and no longer.
var given = js.Global().Get("context").Get("offer")

// Given is the site that the shim was generated for.
func Given() (s Site, err error) {
	if given.Type() != js.TypeString {
		return s, fmt.Errorf("the site was not given")
	}
	err = json.Unmarshal([]byte(given.String()), &s)
	return s, err
}

// Serve answers one request by h and returns, or answers 500 if h panics. It
// takes the faults of syumai/workers away: fields are whole again, a panic does
// not end the instance, and nothing is sent before h is done.
func Serve(h http.Handler) { workers.Serve(handler{h}) }

type handler struct{ http.Handler }

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rejoin(r.Header)
	r.RequestURI, r.TransferEncoding = r.URL.RequestURI(), nil
	a := answer{status: http.StatusOK, header: http.Header{}}
	h.serve(&a, r)
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	if len(a.body) > 0 { // the pipe behind w would wait for a reader of nothing
		w.Write(a.body)
	}
}

// serve fills in the answer.
func (h handler) serve(a *answer, r *http.Request) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		fmt.Printf("%s %s: panic: %v\n%s", r.Method, r.URL.EscapedPath(), cause, debug.Stack())
		*a = refusal(core.Refuse(http.StatusInternalServerError, "panic"))
	}()
	h.Handler.ServeHTTP(a, r)
}

// rejoin undoes the split of every value at its commas.
func rejoin(h http.Header) {
	for name, parts := range h {
		h[name] = []string{strings.Join(parts, ",")}
	}
}

// answer is a whole answer. It is an http.ResponseWriter.
type answer struct {
	status int
	header http.Header
	body   []byte
	begun  bool
}

func refusal(d core.Decision) answer {
	a := answer{status: d.Status, header: http.Header{}, body: []byte(d.Message)}
	for _, f := range d.Fields {
		a.header.Set(f.Name, f.Value)
	}
	return a
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.begun {
		a.status, a.begun = status, true
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	a.body = append(a.body, b...)
	return len(b), nil
}
