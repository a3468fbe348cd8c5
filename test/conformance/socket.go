package conformance

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Socket is a target at the other end of a connection. Requests are written byte
// for byte as the row has them, which no HTTP client would do.
type Socket struct {
	name  string
	addr  string
	open  bool // the server does not close when it is asked to
	lacks string
}

var _ Target = (*Socket)(nil)

// NewSocket returns the target called name at addr: "host:port", or the path of a
// Unix socket.
func NewSocket(name, addr string) *Socket { return &Socket{name: name, addr: addr} }

// NewOpenSocket returns a target like that of NewSocket whose server leaves every
// connection open. Whether something came after an answer then shows by another
// request: its answer has to be the next.
func NewOpenSocket(name, addr string) *Socket { return &Socket{name: name, addr: addr, open: true} }

// Without returns the target without an ability.
func (s *Socket) Without(ability string) *Socket {
	lacking := *s
	lacking.lacks = ability
	return &lacking
}

// Name is the name by which rows say that the target differs.
func (s *Socket) Name() string { return s.name }

// Can reports whether the server has an ability: every one that it is not said to lack.
func (s *Socket) Can(ability string) bool { return ability != s.lacks }

// patience is how long a server may take for one answer.
const patience = 10 * time.Second

// Do plays one request on a connection of its own.
func (s *Socket) Do(t testing.TB, r Request) Response {
	t.Helper()
	network := "tcp"
	if strings.HasPrefix(s.addr, "/") {
		network = "unix"
	}
	conn, err := net.DialTimeout(network, s.addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(wire(r)); err != nil {
		t.Fatal(err)
	}
	b := bufio.NewReader(conn)
	a := read(t, b, r.Method)
	if s.open {
		a.Surplus = beforeNext(t, conn, b)
		return a
	}
	if a.Surplus, err = io.ReadAll(b); err != nil {
		t.Fatalf("after the body: %v", err)
	}
	return a
}

// beforeNext asks for one.bin and returns what comes before its answer; nothing also
// if the server did close.
func beforeNext(t testing.TB, conn net.Conn, b *bufio.Reader) []byte {
	t.Helper()
	const next = "HTTP/1.1 200 "
	if _, err := conn.Write(wire(Request{Method: http.MethodGet, Path: "/files/one.bin"})); err != nil {
		return nil
	}
	got, err := b.Peek(len(next))
	if err == io.EOF && len(got) == 0 || errors.Is(err, syscall.ECONNRESET) || string(got) == next {
		return nil
	}
	if err != nil {
		t.Fatalf("after the body: %q, %v", got, err)
	}
	return bytes.Clone(got)
}

// wire is the bytes of a request.
func wire(r Request) []byte {
	var b bytes.Buffer
	b.WriteString(r.Method + " " + r.Path + " HTTP/1.1\r\n")
	for _, own := range []string{"Host: conformance.example", "Connection: close"} {
		if name, _, _ := strings.Cut(own, ":"); !names(r.Fields, name) {
			b.WriteString(own + "\r\n")
		}
	}
	for _, line := range r.Fields {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

func names(lines []string, name string) bool {
	for _, line := range lines {
		if got, _, _ := strings.Cut(line, ":"); strings.EqualFold(got, name) {
			return true
		}
	}
	return false
}

// read reads one answer.
func read(t testing.TB, b *bufio.Reader, method string) Response {
	t.Helper()
	res, err := http.ReadResponse(b, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	defer res.Body.Close()
	a := Response{Status: res.StatusCode, Header: res.Header}
	if a.Body, err = io.ReadAll(res.Body); err != nil {
		t.Fatalf("body of %d: %v", res.StatusCode, err)
	}
	return a
}
