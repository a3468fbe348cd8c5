package nethttp

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/downlink-go/downlink/core"
)

// socket is a Unix socket at which a front server asks. Plain requests for downloads
// are answered here as long as no bytes of a file are to be sent: a request's head is
// read and an answer's is written by one system call each, and there is little in
// between. For all other requests the connection is lent to net/http, with what was
// read of it: to an http.Server, socket is the listener of those.
type socket struct {
	net.Listener
	log *slog.Logger
	// downloads is the handler of downloads at a path, nil where something else is.
	downloads func(path string) *Handler
	// patience is how long a front server may take for the rest of a head, and half of how
	// long it may to take an answer's; without limit unless above 0.
	patience time.Duration

	ctx     context.Context // of plain requests
	cancel  context.CancelFunc
	lent    chan net.Conn
	next    chan net.Conn // to a goroutine that is spare
	spare   atomic.Int32
	closed  chan struct{}
	closing sync.Once
	failure error // of Listener, set before closed is
	running sync.WaitGroup
	mu      sync.Mutex
	conns   map[*socketConn]struct{}
}

func newSocket(l net.Listener, downloads func(string) *Handler, patience time.Duration, log *slog.Logger) *socket {
	s := &socket{
		Listener: l, log: log, downloads: downloads, patience: patience,
		lent: make(chan net.Conn), next: make(chan net.Conn), closed: make(chan struct{}), conns: map[*socketConn]struct{}{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	go s.accept()
	if patience > 0 {
		go s.sweep()
	}
	return s
}

// sweep closes, again and again, the connections that have been sending the same answer
// since the time before: a deadline for each answer would cost each of them, and next to
// none ever waits.
func (s *socket) sweep() {
	tick := time.NewTicker(s.patience)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.closeStuck()
		case <-s.closed:
			return // wait ends what is left
		}
	}
}

func (s *socket) closeStuck() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if !c.state.CompareAndSwap(sending, seen) && c.state.Load() == seen {
			c.Conn.Close()
		}
	}
}

// accept serves connections until the listener is closed or broken.
func (s *socket) accept() {
	var pause time.Duration
	for {
		c, err := s.Listener.Accept()
		var temporary interface{ Temporary() bool } // too many open files, say
		switch {
		case err == nil:
			pause = 0
			s.start(c)
		case errors.As(err, &temporary) && temporary.Temporary():
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			time.Sleep(pause)
		default:
			s.close(err)
			return
		}
	}
}

// start has a connection served: by a goroutine that has served another, if one is
// spare. lighttpd makes a connection for each request, and much of what one would cost
// is the growth of a new goroutine's stack.
func (s *socket) start(conn net.Conn) {
	select {
	case s.next <- conn:
	default:
		s.running.Go(func() { s.serve(conn) })
	}
}

// serve serves a connection, and others as long as it is spare between them.
func (s *socket) serve(conn net.Conn) {
	for conn != nil {
		s.take(conn).serve()
		conn = s.another()
	}
}

// mostSpare is how many goroutines wait for a connection.
const mostSpare = 64

// another waits for the next connection, nil if there is none or enough wait already.
func (s *socket) another() (conn net.Conn) {
	defer s.spare.Add(-1)
	if s.spare.Add(1) > mostSpare {
		return nil
	}
	select {
	case conn = <-s.next:
	case <-s.closed:
	}
	return conn
}

func (s *socket) take(conn net.Conn) *socketConn {
	c := &socketConn{socket: s, Conn: conn}
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(s.ctx)
	c.like = (&http.Request{
		ProtoMajor: 1, RemoteAddr: conn.RemoteAddr().String(), Body: http.NoBody,
	}).WithContext(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
	return c
}

// Accept returns the next connection that is lent to net/http.
func (s *socket) Accept() (net.Conn, error) {
	select {
	case c := <-s.lent:
		return c, nil
	case <-s.closed:
		return nil, s.failure
	}
}

// Close refuses new connections and ends those on which no request is being answered.
func (s *socket) Close() error {
	err := s.Listener.Close()
	s.close(net.ErrClosed)
	return err
}

func (s *socket) close(cause error) {
	s.closing.Do(func() {
		s.failure = cause
		close(s.closed)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		if c.state.CompareAndSwap(waiting, ended) {
			c.Conn.Close()
		}
	}
}

// wait waits for the requests that are being answered. When ctx ends they are cut off,
// which is an error.
func (s *socket) wait(ctx context.Context) error {
	stop := context.AfterFunc(ctx, s.cut)
	s.running.Wait()
	if !stop() {
		return ctx.Err()
	}
	return nil
}

func (s *socket) cut() {
	s.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Conn.Close()
	}
}

func (s *socket) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// The states of a socketConn: between two requests, in one, sending its answer, doing so
// when a sweep came by, closed.
const (
	waiting = iota
	busy
	sending
	seen
	ended
)

// socketConn is a connection of a front server.
type socketConn struct {
	*socket
	net.Conn
	cancel context.CancelFunc
	state  atomic.Int32
	like   *http.Request // what its requests have in common
	*socketBuffers
}

// mostHead is the longest head that is read here, in bytes.
const mostHead = 8 << 10

// socketBuffers are what a connection reads and writes by.
type socketBuffers struct {
	in  [mostHead]byte
	w   headWriter
	out []byte
}

var buffers = sync.Pool{New: func() any { return &socketBuffers{w: headWriter{header: http.Header{}}} }}

func (c *socketConn) serve() {
	c.socketBuffers = buffers.Get().(*socketBuffers)
	defer buffers.Put(c.socketBuffers)
	defer c.end()
	for !c.isClosed() {
		n, head := c.readHead()
		if n == 0 || !c.state.CompareAndSwap(waiting, busy) || !c.answer(c.in[:n], head) {
			return
		}
		c.state.Store(waiting)
	}
}

// end closes the connection. A panic that got as far is one to cut the answer off.
func (c *socketConn) end() {
	if cause := recover(); cause != nil && cause != http.ErrAbortHandler {
		c.log.Error("panic", "cause", cause, "stack", string(debug.Stack()))
	}
	c.state.Store(ended)
	c.cancel()
	c.Conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, c)
}

// readHead reads a request's head and reports whether that is all it read: not if bytes
// come with it, if lines end in no CR LF, or if it is longer than most. It returns 0
// at the end of the connection. What is left of a head after the first piece has to come
// within the connection's patience.
func (c *socketConn) readHead() (n int, head bool) {
	for have := 0; have < len(c.in); {
		n, err := c.Conn.Read(c.in[have:])
		if err != nil {
			return 0, false
		}
		end := headEnd(c.in[:have+n], have)
		switch {
		case end == part && have == 0 && c.patience > 0:
			c.Conn.SetReadDeadline(time.Now().Add(c.patience))
		case end != part && have > 0:
			c.Conn.SetReadDeadline(time.Time{})
		}
		have += n
		if end != part {
			return have, end == whole
		}
	}
	return len(c.in), false
}

// answer answers one request, and reports whether the connection can have another.
func (c *socketConn) answer(b []byte, head bool) bool {
	var r *http.Request
	var h *Handler
	if head {
		r = parseHead(string(b), c.like)
	}
	if r != nil {
		h = c.downloads(escapedPath(r.URL))
	}
	if h == nil {
		return c.lend(b, head, nil)
	}
	c.w.reset()
	if left := h.answerHead(&c.w, r); left != nil {
		return c.lend(b, head, left)
	}
	c.out = c.w.append(c.out[:0], r)
	c.state.Store(sending)
	_, err := c.Conn.Write(c.out)
	return err == nil && !r.Close
}

// answerHead answers a request, unless bytes of a file are to be sent: then it
// returns the exchange for carryOn.
func (h *Handler) answerHead(w *headWriter, r *http.Request) (left *exchange) {
	x := &exchange{Handler: h, w: w, r: r, start: time.Now()}
	x.id = requestID(r, h.opts.RequestIDField)
	defer func() {
		if left == nil {
			x.observe()
		}
	}()
	defer x.recover()
	x.decide()
	if x.answer.Delivery == core.Stream {
		return x
	}
	x.carryOut()
	x.logRequest()
	return nil
}
