package nethttp

import (
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/downlink-go/downlink/core"
)

const (
	// chunk is how much is sent under one write deadline. Each chunk of a local
	// file is one sendfile(2) loop of net/http.
	chunk = 1 << 20
	// made is how much is read at a time of what is no local file.
	made = 64 << 10
	// small is up to what size a span is read and written rather than sent by
	// sendfile(2): one write that holds the fields too beats two system calls.
	small = 8 << 10
)

var (
	smallBuffers = sync.Pool{New: func() any { return new([small]byte) }}
	madeBuffers  = sync.Pool{New: func() any { return new([made]byte) }}
)

// send sends the spans of the decision, or everything. A body that cannot be
// completed is cut off, so that the client sees a broken transfer.
func (x *exchange) send() {
	defer x.sending()()
	whole := false
	defer func() { x.service.Ended(&x.req, &x.answer, x.bytes, whole) }()
	err := x.sendSpans()
	if whole = err == nil; !whole {
		x.answer.Cause = err
		x.logRequest()
		panic(http.ErrAbortHandler)
	}
}

func (x *exchange) sendSpans() error {
	a := &x.answer
	if a.Multipart() {
		return x.sendParts()
	}
	span := core.Span{Length: a.Object.Metadata().Size}
	if len(a.Spans) == 1 {
		span = a.Spans[0]
	}
	return x.sendSpan(span)
}

func (x *exchange) sendParts() error {
	var scratch [256]byte
	for i, span := range x.answer.Spans {
		if err := x.write(x.answer.AppendPartHead(scratch[:0], i)); err != nil {
			return err
		}
		if err := x.sendSpan(span); err != nil {
			return err
		}
	}
	return x.write(x.answer.AppendClose(scratch[:0]))
}

// sendSpan copies a span to the client. The body is never wrapped: net/http
// must see the *os.File to use sendfile(2).
func (x *exchange) sendSpan(span core.Span) error {
	if span.Length == 0 {
		return nil
	}
	src, err := x.answer.Object.Section(x.r.Context(), span)
	if err != nil {
		return err
	}
	if span.Length > 0 && span.Length <= small && span.Length <= x.most(small) {
		return x.sendSmall(src, int(span.Length))
	}
	if _, local := src.(*os.File); !local {
		return x.sendMade(src, span.Length)
	}
	for left := span.Length; left > 0; {
		x.extendDeadline()
		sent, err := io.CopyN(x.w, src, x.most(left))
		x.bytes += sent
		left -= sent
		switch {
		case err == io.EOF:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
		x.pace()
	}
	return nil
}

// sendMade copies length bytes, or all if it is below 0, of what is no local file.
// Its source may be slow: then what it gives goes on at once, and the time it takes
// is not the client's.
func (x *exchange) sendMade(src io.Reader, length int64) error {
	buf := madeBuffers.Get().(*[made]byte)
	defer madeBuffers.Put(buf)
	const slow = 100 * time.Millisecond
	var wrote time.Time
	for left, idle := length, 0; left != 0; {
		room := buf[:]
		if left > 0 && left < made {
			room = buf[:left]
		}
		room = room[:x.most(int64(len(room)))]
		n, err := src.Read(room)
		if n > 0 {
			x.extendDeadline()
			if err := x.write(room[:n]); err != nil {
				return err
			}
			if time.Since(wrote) > slow {
				_ = http.NewResponseController(x.w).Flush()
			}
			x.pace()
			wrote = time.Now()
		}
		if left > 0 {
			left -= int64(n)
		}
		if idle++; n > 0 {
			idle = 0
		}
		switch {
		case idle == 100:
			return io.ErrNoProgress
		case err == io.EOF && left < 0: // unknown size: this was the end
			return nil
		case err == io.EOF && left > 0:
			return io.ErrUnexpectedEOF
		case err != nil && left != 0:
			return err
		}
	}
	return nil
}

func (x *exchange) sendSmall(src io.Reader, n int) error {
	buf := smallBuffers.Get().(*[small]byte)
	defer smallBuffers.Put(buf)
	if _, err := io.ReadFull(src, buf[:n]); err != nil {
		return err
	}
	x.extendDeadline()
	return x.write(buf[:n])
}

func (x *exchange) write(b []byte) error {
	n, err := x.w.Write(b)
	x.bytes += int64(n)
	return err
}

// extendDeadline gives the client time for what is written next: the answer's head
// or a chunk. net/http takes the deadline away before the next request. A
// ResponseWriter without deadlines, such as a test's, is left alone.
func (x *exchange) extendDeadline() {
	if x.opts.WriteTimeout > 0 {
		deadline := time.Now().Add(x.opts.WriteTimeout)
		_ = http.NewResponseController(x.w).SetWriteDeadline(deadline)
	}
}
