package doctor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"hash"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// question is a request.
type question struct {
	method, target string
	fields         []string // name and value in turn
}

// String is the method and the fields.
func (q question) String() string { return strings.Join(append([]string{q.method}, q.fields...), " ") }

func get(target string, fields ...string) question { return question{"GET", target, fields} }

// answer is a response, its body as length and hash.
type answer struct {
	status int
	header http.Header
	size   int64
	sum    [sha256.Size]byte
	text   string // the beginning of the body
	err    error  // no answer, or one that breaks off
}

// is reports whether the body is that of another answer.
func (a answer) is(b answer) bool {
	return a.err == nil && a.size == b.size && a.sum == b.sum
}

// one is the value of a field, and whether there is exactly one line of it.
func (a answer) one(name string) (string, bool) {
	lines := a.header.Values(name)
	return strings.Join(lines, ", "), len(lines) == 1
}

// body takes a body.
type body struct {
	hash hash.Hash
	size int64
	text bytes.Buffer
}

const mostText = 1 << 10

func (b *body) Write(p []byte) (int, error) {
	if b.hash == nil {
		b.hash = sha256.New()
	}
	b.hash.Write(p)
	b.size += int64(len(p))
	b.text.Write(p[:min(len(p), mostText-b.text.Len())])
	return len(p), nil
}

func (b *body) end(a *answer) {
	b.Write(nil)
	a.size, a.text = b.size, b.text.String()
	b.hash.Sum(a.sum[:0])
}

// request makes the request of a question to a base URL, its target as it is.
func (x *exam) request(ctx context.Context, base *url.URL, q question) (*http.Request, error) {
	u, err := url.ParseRequestURI(q.target)
	if err != nil {
		return nil, err
	}
	u.Scheme, u.Host = base.Scheme, base.Host
	r := (&http.Request{
		Method: q.method, URL: u, Host: u.Host, RequestURI: q.target, RemoteAddr: "127.0.0.1:0",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody, Header: http.Header{},
	}).WithContext(ctx)
	maps.Copy(r.Header, x.Header.Clone())
	r.Header.Set("User-Agent", "downlink-doctor (bot)") // counted as a robot's, not a person's
	r.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(q.fields); i += 2 {
		r.Header.Set(q.fields[i], q.fields[i+1])
	}
	return r, nil
}

// here has a handler of this process answer.
func (x *exam) here(h http.Handler, q question) (a answer) {
	ctx, cancel := context.WithTimeout(x.ctx, x.Timeout)
	defer cancel()
	r, err := x.request(ctx, &url.URL{Scheme: "http", Host: "localhost"}, q)
	if err != nil {
		return answer{err: err}
	}
	w := &writer{header: http.Header{}}
	defer func() {
		a = answer{status: w.status, header: w.header}
		w.body.end(&a)
		if cause := recover(); cause != nil {
			a.err = fmt.Errorf("the application broke off: %v", cause)
		}
	}()
	h.ServeHTTP(w, r)
	w.WriteHeader(http.StatusOK)
	return a
}

// writer is an http.ResponseWriter that keeps what an answer is compared by.
type writer struct {
	header http.Header
	status int
	body   body
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.header = status, w.header.Clone()
	}
}

func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// client asks a server over the network. It follows no redirect, keeps no cookie and
// undoes no compression.
type client struct {
	x         *exam
	base      *url.URL
	transport *http.Transport
}

// appClient asks the application where it listens.
func (x *exam) appClient() *client {
	network, address := "tcp", x.App
	if path, ok := strings.CutPrefix(x.App, "unix:"); ok {
		network, address = "unix", path
	} else if host, port, err := net.SplitHostPort(address); err == nil && unspecified(host) {
		address = net.JoinHostPort("localhost", port)
	}
	base := &url.URL{Scheme: "http", Host: "localhost"}
	if u, err := url.Parse(x.Front); err == nil && u.Host != "" {
		base.Host = u.Host
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	return &client{x, base, &http.Transport{DialContext: dial, DisableCompression: true}}
}

// unspecified reports a host that stands for every address of the machine.
func unspecified(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}

// frontClient asks the front server.
func (x *exam) frontClient() (*client, error) {
	u, err := url.Parse(x.Front)
	switch {
	case err != nil:
		return nil, err
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("%q is no URL such as https://files.example.org", x.Front)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return nil, fmt.Errorf("%q has a path: views are at the paths of the whole site", x.Front)
	}
	return &client{x, u, newTransport()}, nil
}

func newTransport() *http.Transport {
	return &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
}

func (c *client) close() { c.transport.CloseIdleConnections() }

func (c *client) ask(q question) answer {
	ctx, cancel := context.WithTimeout(c.x.ctx, c.x.Timeout)
	defer cancel()
	r, err := c.x.request(ctx, c.base, q)
	if err != nil {
		return answer{err: err}
	}
	resp, err := c.transport.RoundTrip(r)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	var b body
	_, err = io.Copy(&b, resp.Body)
	a := answer{status: resp.StatusCode, header: resp.Header, err: err}
	b.end(&a)
	return a
}
