package nethttp

import (
	"net/http"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// Page puts an ordinary handler beside the downloads: it gets the same request
// id, access log and recovery from panics.
func (h *Handler) Page(next http.Handler) http.Handler {
	return h.beside(next, func(x *exchange) {
		x.refuseBody()
		x.extendDeadline()
	})
}

// App is Page for a handler that takes bodies and sets the deadlines of its requests
// itself.
func (h *Handler) App(next http.Handler) http.Handler {
	return h.beside(next, func(*exchange) {})
}

// ClientAddress is the address of a request's client as the log has it: of the
// connection, or as the front server says.
func (h *Handler) ClientAddress(r *http.Request) string {
	x := exchange{Handler: h, r: r}
	return x.clientAddress()
}

func (h *Handler) beside(next http.Handler, prepare func(*exchange)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &pageWriter{ResponseWriter: w}
		x := exchange{Handler: h, w: p, r: r, start: time.Now(), id: requestID(r, h.opts.RequestIDField)}
		defer x.observe()
		defer x.recover()
		prepare(&x)
		w.Header().Set(requestIDName, x.id)
		next.ServeHTTP(p, r)
		if p.status == 0 {
			p.status = http.StatusOK
		}
		x.bytes = p.bytes
		x.answer = download.Answer{Decision: core.Decision{Status: p.status, Reason: "page"}}
		x.logRequest()
	})
}

// pageWriter notes what a page sends. Downloads never go through it.
type pageWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (p *pageWriter) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *pageWriter) Write(b []byte) (int, error) {
	if p.status == 0 {
		p.status = http.StatusOK
	}
	n, err := p.ResponseWriter.Write(b)
	p.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (p *pageWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }
