// Package nethttp carries out download decisions with net/http: it fills a
// core.Request from an *http.Request, and sends the file itself or has the
// front server send it.
package nethttp

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// Options are the settings of a Handler. The zero value is usable.
type Options struct {
	// Log gets a line for each failure, and for each request if AccessLog is set;
	// nil discards them.
	Log       *slog.Logger
	AccessLog bool
	// RequestIDField is the request field from which the front server's request id
	// is taken, such as "X-Request-Id"; "" makes an id for each request. Name a
	// field only if a front server sets it on every request.
	RequestIDField string
	// ClientField is the request field from which the client's address is taken,
	// such as "X-Real-IP": of a list the last. "" takes that of the connection, which
	// is nobody's if the request names a front server in FrontField: a link for a
	// network is then refused, and so is going on with a download by a link with a use
	// limit. As with RequestIDField, a front server has to set it on every request.
	ClientField string
	// FrontField is the request field in which the front server says its name, such
	// as "X-Downlink-Front": files are left to the server that a request came
	// through and to no other. With "" the rules of all are used.
	FrontField string
	// Front is the server that requests come through which do not say so in
	// FrontField; "" is none.
	Front string
	// WriteTimeout is how long a client may take for each MiB of a download; 0 is
	// 2 minutes, negative is for ever.
	WriteTimeout time.Duration
	// Observer is told of every request; nil is nobody.
	Observer Observer
}

// Handler is an http.Handler that answers downloads. It expects the URL path as
// the client sent it: put it behind http.StripPrefix if need be, but not behind an
// http.ServeMux that redirects unclean paths.
type Handler struct {
	service *download.Service
	opts    Options
	log     *slog.Logger
}

// New returns a handler for the service's downloads.
func New(service *download.Service, opts Options) *Handler {
	log := opts.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if opts.WriteTimeout == 0 {
		opts.WriteTimeout = 2 * time.Minute
	}
	for _, name := range []*string{&opts.RequestIDField, &opts.ClientField, &opts.FrontField} {
		*name = http.CanonicalHeaderKey(*name) // once, not for each request
	}
	return &Handler{service: service, opts: opts, log: log}
}

// ServeHTTP answers one request and logs it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.serveAt(w, r, "") }

// serveAt answers a request as one for path; "" is its own.
func (h *Handler) serveAt(w http.ResponseWriter, r *http.Request, path string) {
	if path == "" && carryOn(w, r) {
		return
	}
	x := exchange{Handler: h, w: w, r: r, path: path, start: time.Now()}
	x.id = requestID(r, h.opts.RequestIDField)
	defer x.observe()
	defer x.recover()
	x.decide()
	x.carryOut()
	x.logRequest()
}

// exchange is one request on its way through the handler.
type exchange struct {
	*Handler
	w      http.ResponseWriter
	r      *http.Request
	path   string // in place of the request's own; "" is that
	id     string
	start  time.Time
	ready  time.Duration // from start to the answer's head, if anybody observes
	sent   bool          // the status line may be out
	bytes  int64
	req    download.Request
	answer download.Answer
}

func (x *exchange) decide() {
	x.req = download.Request{Request: Fill(x.r, x.start), ID: x.id, Header: x.r.Header, Native: x.r, Front: x.front()}
	x.req.Client = x.clientAddress()
	if x.path != "" {
		x.req.Path = x.path
	}
	x.answer = x.service.Answer(x.r.Context(), &x.req)
}

func (x *exchange) carryOut() {
	defer x.answer.Close()
	x.headIsReady()
	x.refuseBody()
	if x.answer.Delivery == core.Offload {
		x.handOver()
		return
	}
	x.extendDeadline()
	x.writeFields(x.answer.Fields)
	if x.answer.Delivery == core.Redirect {
		x.w.Header()["Location"] = []string{x.answer.Location}
	}
	x.sent = true
	x.w.WriteHeader(x.answer.Status)
	switch {
	case x.r.Method == http.MethodHead:
	case x.answer.Delivery == core.Stream:
		x.send()
	case x.answer.Message != "":
		n, _ := x.w.Write([]byte(x.answer.Message))
		x.bytes = int64(n)
	}
}

// bodyGrace is how long a request body that nobody reads may still arrive.
const bodyGrace = 5 * time.Second

// refuseBody answers a request with a body at once and closes the connection
// after it: net/http would otherwise wait for the body first.
func (x *exchange) refuseBody() {
	if x.r.ContentLength == 0 {
		return
	}
	x.w.Header()["Connection"] = []string{"close"}
	_ = http.NewResponseController(x.w).SetReadDeadline(x.start.Add(bodyGrace))
}

// recover turns a panic into a 500, or into a cut connection if the answer has
// begun: a download must not look complete. The stack goes to the log only.
func (x *exchange) recover() {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler {
		panic(cause)
	}
	x.log.Error("panic", "id", x.id, "cause", cause, "stack", string(debug.Stack()))
	if p, ok := x.w.(*pageWriter); ok {
		x.sent = p.status != 0
	}
	if x.sent {
		panic(http.ErrAbortHandler)
	}
	clear(x.w.Header())
	x.answer = download.Answer{Decision: core.Refuse(500, "panic")}
	x.writeFields(x.answer.Fields)
	x.w.WriteHeader(500)
	if x.r.Method != http.MethodHead {
		x.w.Write([]byte(x.answer.Message))
	}
	x.logRequest()
}

// Fill takes from r what a decision depends on. Method overrides and
// X-Forwarded fields are not looked at.
func Fill(r *http.Request, now time.Time) core.Request {
	return core.Request{
		Method:            r.Method,
		Path:              escapedPath(r.URL),
		Query:             r.URL.RawQuery,
		Client:            r.RemoteAddr,
		IfMatch:           joined(r.Header["If-Match"]),
		IfNoneMatch:       joined(r.Header["If-None-Match"]),
		IfModifiedSince:   joined(r.Header["If-Modified-Since"]),
		IfUnmodifiedSince: joined(r.Header["If-Unmodified-Since"]),
		Range:             joined(r.Header["Range"]),
		IfRange:           joined(r.Header["If-Range"]),
		AcceptEncoding:    joined(r.Header["Accept-Encoding"]),
		Now:               now,
		Nonce:             rand.Uint64(),
	}
}
