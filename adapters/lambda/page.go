package lambda

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// page has an ordinary handler answer.
func (x *exchange) page(next http.Handler) io.Reader {
	r, err := x.httpRequest()
	if err != nil {
		return x.refuse(core.Refuse(400, "the event is no request that a page can read"), err)
	}
	w := &pageWriter{header: http.Header{}}
	next.ServeHTTP(w, r)
	w.WriteHeader(http.StatusOK) // unless it said otherwise
	x.answer = download.Answer{Decision: core.Decision{Status: w.status, Reason: "page"}}
	h, body := w.head(x.id), w.body.Bytes()
	if x.request.Method == http.MethodHead {
		body = nil
	}
	if x.streamed {
		return x.text(&h, body)
	}
	out := x.plain(&h, body)
	if most := x.e.kind.limit(); len(out) > most {
		return x.refuse(core.Refuse(503, "the page does not fit into an answer"), fmt.Errorf("the page's answer has %d bytes, and %v takes %d", len(out), x.e.kind, most))
	}
	return x.out(out)
}

// httpRequest is the event as handlers know requests.
func (x *exchange) httpRequest() (*http.Request, error) {
	target := x.request.Path
	if x.request.Query != "" {
		target += "?" + x.request.Query
	}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, err
	}
	body := []byte(x.e.Body)
	if x.e.IsBase64Encoded {
		if body, err = base64.StdEncoding.DecodeString(x.e.Body); err != nil {
			return nil, err
		}
	}
	if host := x.e.Context.DomainName; host != "" { // by which AWS was called; a load balancer does not say
		u.Scheme, u.Host = "https", host
	}
	h := x.e.header()
	r := &http.Request{
		Method: x.request.Method, URL: u, RequestURI: target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Host: h.Get("Host"), RemoteAddr: x.request.Client, ContentLength: int64(len(body)), Body: http.NoBody,
	}
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return r.WithContext(x.ctx), nil
}

// pageWriter keeps what a page answers.
type pageWriter struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

func (w *pageWriter) Header() http.Header { return w.header }

func (w *pageWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *pageWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// head is the page's fields, each name once, and its cookies apart.
func (w *pageWriter) head(id string) head {
	h := head{status: w.status}
	for name, lines := range w.sent {
		if name == "Set-Cookie" {
			h.cookies = lines
			continue
		}
		h.fields = append(h.fields, core.Field{Name: name, Value: strings.Join(lines, ", ")})
	}
	if id != "" {
		h.fields = append(h.fields, core.Field{Name: "X-Request-Id", Value: id})
	}
	slices.SortFunc(h.fields, func(a, b core.Field) int { return strings.Compare(a.Name, b.Name) })
	return h
}
