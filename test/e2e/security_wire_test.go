package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// reply is one answer as it came over the wire.
type reply struct {
	status int
	header http.Header
	lines  []string // the field lines, as they were sent
	body   []byte
	cut    bool // the body is shorter than announced
}

// talk is what a server sent on one connection.
type talk struct {
	raw    []byte
	closed bool // by the server, within the time given
	took   time.Duration
}

// patience is the longest that an answer to abuse may take.
const patience = 5 * time.Second

// dial connects to a server under test, for the test and the goroutines that it
// starts: nil has been told.
func dial(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return nil
	}
	return c.(*net.TCPConn)
}

// say sends the bytes exactly as they are on a connection of their own and
// listens until the server closes it, at most for wait.
func say(t testing.TB, addr, message string, wait time.Duration) talk {
	t.Helper()
	c := dial(t, addr)
	if c == nil {
		return talk{}
	}
	defer c.Close()
	start := time.Now()
	c.SetDeadline(start.Add(wait))
	go io.WriteString(c, message) // a server may answer without reading it all
	raw, err := io.ReadAll(c)
	return talk{raw, !errors.Is(err, os.ErrDeadlineExceeded), time.Since(start)}
}

// replies reads the answers to requests of the given methods; more answers than
// methods are taken for answers to GET. "100 Continue" is none. Bytes that are no
// answer are returned.
func (k talk) replies(methods ...string) (all []reply, rest []byte) {
	source := bytes.NewReader(k.raw)
	buffered := bufio.NewReader(source)
	at := func() int { return len(k.raw) - source.Len() - buffered.Buffered() }
	for i := 0; ; i++ {
		begin := at()
		method := "GET"
		if i < len(methods) {
			method = methods[i]
		}
		res, err := http.ReadResponse(buffered, &http.Request{Method: method})
		if err != nil {
			return all, k.raw[begin:]
		}
		if res.StatusCode == http.StatusContinue {
			i--
			continue
		}
		body, err := io.ReadAll(res.Body)
		head, _, _ := strings.Cut(string(k.raw[begin:]), "\r\n\r\n")
		lines := strings.Split(head, "\r\n")[1:]
		all = append(all, reply{res.StatusCode, res.Header, lines, body, err != nil})
	}
}

// get is a plain request for a target, written as it is.
func get(target string, fields ...string) string { return ask("GET", target, fields...) }

// ask is a request that ends its connection.
func ask(method, target string, fields ...string) string {
	return message(method, target, append(fields, "Connection: close")...)
}

// message is a request without a body; fields are whole lines.
func message(method, target string, fields ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: files.test\r\n", method, target)
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	return b.String() + "\r\n"
}

// one sends a request that ends its connection and wants exactly one answer, for
// which the laws hold.
func (v *victim) one(t testing.TB, request string, allowed ...int) reply {
	t.Helper()
	method, _, _ := strings.Cut(request, " ")
	k := say(t, v.addr, request, patience)
	all, rest := k.replies(method)
	if len(all) != 1 || len(rest) > 0 || !k.closed {
		t.Fatalf("%.200q: got %d answers, %d other bytes, closed: %v; want one answer and the end: %.400q", request, len(all), len(rest), k.closed, k.raw)
	}
	v.laws(t, request, k, method)
	if r := all[0]; len(allowed) > 0 && !slices.Contains(allowed, r.status) {
		t.Errorf("%.200q: got status %d, want one of %d", request, r.status, allowed)
	}
	return all[0]
}

// laws checks what holds for every answer to anything: no byte of a canary, in
// time, no server error, and the rules of lawful for each answer.
func (v *victim) laws(t testing.TB, label string, k talk, methods ...string) {
	t.Helper()
	if found := canaryIn(k.raw); found != "" {
		t.Errorf("%.200q: LEAK: the answer holds %q: %.300q", label, found, k.raw)
	}
	if k.took >= patience {
		t.Errorf("%.200q: took %v", label, k.took)
	}
	all, _ := k.replies(methods...)
	for _, r := range all {
		if fault := v.lawful(r); fault != "" {
			t.Errorf("%.200q: status %d: %s: %q", label, r.status, fault, r.lines)
		}
	}
}

// lawful says in what way an answer breaks the rules, "" if it keeps them.
func (v *victim) lawful(r reply) string {
	if r.status >= 500 && r.status != 501 && r.status != 505 {
		return "a server error"
	}
	if r.status >= 300 && r.status < 400 && r.status != 304 || r.header.Get("Location") != "" {
		return "a redirect"
	}
	for name := range r.header {
		if strings.HasPrefix(name, "X-Accel-") || strings.HasPrefix(name, "X-Sendfile") || strings.HasPrefix(name, "X-Lighttpd-") || strings.HasPrefix(name, "X-Downlink-") {
			return "the internal field " + name
		}
	}
	if !((v.name == direct || v.name == caddy) && parser(r)) && !slices.Equal(r.header["X-Content-Type-Options"], []string{"nosniff"}) {
		return "not exactly one nosniff"
	}
	if n := len(r.header["Content-Disposition"]); n > 1 {
		return "several Content-Dispositions"
	}
	if r.status >= 400 {
		return v.lawfulError(r)
	}
	return ""
}

// lawfulError is lawful for an error's fields and body.
func (v *victim) lawfulError(r reply) string {
	switch {
	case len(r.body) > 1024:
		return fmt.Sprintf("an error body of %d bytes", len(r.body))
	case strings.Contains(string(r.body), v.top) || bytes.Contains(r.body, []byte("/files")):
		return "a path in the error body"
	case versionIn(string(r.body)) || versionIn(r.header.Get("Server")):
		return "a version in the answer"
	case !parser(r) && r.header.Get("Cache-Control") != "no-store":
		return "an error that is not no-store"
	case r.header.Get("Content-Disposition") != "" || r.header.Get("Etag") != "":
		return "an error with fields of the file"
	}
	return ""
}

// parser reports an answer of net/http itself to what it cannot read as a
// request: no handler has seen it, and the connection ends.
func parser(r reply) bool {
	return r.header.Get("X-Request-Id") == "" && slices.Contains([]int{400, 417, 431, 501, 505}, r.status)
}

func versionIn(s string) bool {
	for _, product := range []string{"nginx/", "Apache/", "lighttpd/", "Caddy/", "Go/", "go1.", "downlink/", "Downlink/"} {
		if strings.Contains(s, product) {
			return true
		}
	}
	return false
}

// alive wants a plain download to be right within the time.
func (v *victim) alive(t testing.TB, within time.Duration) {
	t.Helper()
	k := say(t, v.addr, get("/files/a.txt"), within)
	all, _ := k.replies("GET")
	if len(all) != 1 || all[0].status != 200 || string(all[0].body) != contentA || k.took >= within {
		t.Fatalf("a plain request: got %.200q after %v, want the file within %v", k.raw, k.took, within)
	}
}
