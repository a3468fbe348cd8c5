package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Faulty is a proxy before a real server that breaks some of its answers.
type Faulty struct {
	Addr     string
	upstream string

	mu    sync.Mutex
	fault Fault
	asked []string
	n     int
	open  atomic.Int64 // exchanges that are going on
	conns atomic.Int64 // connections so far
}

// Fault deals with the n-th request since it was set, from 1, and reports whether it
// did; if not, the answer goes through as it is.
type Fault func(n int, x *Broken) bool

// LoseFirst loses the first answer to each request of a client of AWS, which sends it
// again with the same id.
func LoseFirst() Fault {
	var seen sync.Map
	return func(_ int, x *Broken) bool {
		_, again := seen.LoadOrStore(x.Request.Header.Get("Amz-Sdk-Invocation-Id"), nil)
		return !again && x.Lose()
	}
}

// Broken is a request whose answer is to be broken.
type Broken struct {
	Request *http.Request
	conn    net.Conn
	proxy   *Faulty
}

// Before runs a proxy before the server at addr until the test ends.
func Before(t testing.TB, addr string) *Faulty {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &Faulty{Addr: l.Addr().String(), upstream: addr}
	var group sync.WaitGroup
	var conns sync.Map
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.conns.Add(1)
			conns.Store(c, nil)
			group.Go(func() {
				defer conns.Delete(c)
				defer c.Close()
				f.serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		conns.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		group.Wait()
	})
	return f
}

// Set has the fault deal with all requests from now on, nil with none, and forgets
// the requests so far.
func (f *Faulty) Set(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.n, f.asked = fault, 0, nil
}

// Asked is the requests since Set, such as "GET bytes=0-".
func (f *Faulty) Asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked...)
}

// Open is how many exchanges are going on.
func (f *Faulty) Open() int { return int(f.open.Load()) }

// Connections is how many connections clients have made so far.
func (f *Faulty) Connections() int { return int(f.conns.Load()) }

func (f *Faulty) next(r *http.Request) (Fault, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	f.asked = append(f.asked, strings.TrimSpace(r.Method+" "+r.Header.Get("Range")))
	return f.fault, f.n
}

// serve serves one connection of a client.
func (f *Faulty) serve(c net.Conn) {
	for in := bufio.NewReader(c); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		f.open.Add(1)
		keep := f.exchange(c, r)
		f.open.Add(-1)
		if !keep {
			return
		}
	}
}

// exchange answers a request, and reports whether the connection is of further use.
func (f *Faulty) exchange(c net.Conn, r *http.Request) bool {
	fault, n := f.next(r)
	if fault != nil && fault(n, &Broken{r, c, f}) {
		return false
	}
	response, err := f.forward(r)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.Write(c) == nil && !response.Close
}

// forward sends the request on as it is, Host and all: it is signed.
func (f *Faulty) forward(r *http.Request) (*http.Response, error) {
	c, err := net.Dial("tcp", f.upstream)
	if err != nil {
		return nil, err
	}
	r.Close = true
	if err := r.Write(c); err != nil {
		c.Close()
		return nil, err
	}
	r.Close = false
	in := bufio.NewReader(c)
	response, err := http.ReadResponse(in, r)
	for err == nil && response.StatusCode == http.StatusContinue { // the body was sent all the same
		response, err = http.ReadResponse(in, r)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	response.Close = false
	response.Body = body{response.Body, c}
	return response, nil
}

// body closes its connection with it.
type body struct {
	io.ReadCloser
	conn net.Conn
}

func (b body) Close() error {
	b.conn.Close()
	return b.ReadCloser.Close()
}

// Refuse answers with an error as S3 does.
func (x *Broken) Refuse(status int, code string) bool {
	text := fmt.Sprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>fault of a test</Message></Error>", code)
	if x.Request.Method == http.MethodHead {
		text = ""
	}
	fmt.Fprintf(x.conn, "HTTP/1.1 %d X\r\nContent-Type: application/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(text), text)
	return true
}

// RefuseTable answers with an error as DynamoDB does, with further members if there are
// any, each with a comma in front.
func (x *Broken) RefuseTable(status int, code string, members ...string) bool {
	text := fmt.Sprintf(`{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"fault of a test"%s}`, code, strings.Join(members, ""))
	fmt.Fprintf(x.conn, "HTTP/1.1 %d X\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\nDate: %s\r\nConnection: close\r\n\r\n%s",
		status, len(text), time.Now().UTC().Format(http.TimeFormat), text)
	return true
}

// Say answers with these bytes.
func (x *Broken) Say(raw string) bool {
	io.WriteString(x.conn, raw)
	return true
}

// Reset breaks the connection off.
func (x *Broken) Reset() bool {
	x.conn.(*net.TCPConn).SetLinger(0)
	x.conn.Close()
	return true
}

// Lose forwards the request, and loses the answer.
func (x *Broken) Lose() bool {
	if response, err := x.proxy.forward(x.Request); err == nil {
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	return x.Reset()
}

// Stay says nothing until the client gives up, at most for a minute.
func (x *Broken) Stay() bool {
	x.conn.SetReadDeadline(time.Now().Add(time.Minute))
	io.Copy(io.Discard, x.conn)
	return true
}

// Change forwards the request and answers with what change makes of the answer's head.
func (x *Broken) Change(change func(http.Header)) bool {
	return x.part(change, -1)
}

// Part forwards the request and answers with the head and n bytes of the body.
func (x *Broken) Part(n int64) bool { return x.part(nil, n) }

func (x *Broken) part(change func(http.Header), n int64) bool {
	response, err := x.proxy.forward(x.Request)
	if err != nil {
		return true
	}
	defer response.Body.Close()
	h := response.Header
	h.Set("Content-Length", fmt.Sprint(response.ContentLength))
	if change != nil {
		change(h)
	}
	fmt.Fprintf(x.conn, "HTTP/1.1 %s\r\n", response.Status)
	h.Write(x.conn)
	io.WriteString(x.conn, "\r\n")
	if n < 0 {
		n = response.ContentLength
	}
	io.CopyN(x.conn, response.Body, n)
	return true
}
