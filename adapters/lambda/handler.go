// Package lambda carries out download decisions as an AWS Lambda function behind API
// Gateway, a function URL or an Application Load Balancer. It reads the events
// themselves: every field whole, paths as they were sent.
package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// Options are the settings of a Handler. The zero value is usable.
type Options struct {
	// Log gets a line for each failure, and for each request if AccessLog is set;
	// nil discards them.
	Log       *slog.Logger
	AccessLog bool
	// Streamed are the kinds whose answers are streamed: FunctionURL if its invoke
	// mode is RESPONSE_STREAM, REST if the integration's response transfer mode is
	// STREAM. Events do not say so, and an answer in the other form is not understood.
	Streamed []Kind
	// Page is the handler of a path that is no download's, nil for all others. The
	// path is percent-encoded.
	Page func(path string) http.Handler
	// Flush, if set, is called when an answer is out and before the invocation ends, such
	// as that of a track.Tracker: what is still in memory then may never be written, as
	// the platform stops the process between invocations. It has until the context ends,
	// shortly before the invocation would be cut off.
	Flush func(ctx context.Context) error
}

// Handler answers events. Give its Handle to lambda.Start of aws-lambda-go.
type Handler struct {
	service *download.Service
	opts    Options
	log     *slog.Logger
	spare   atomic.Pointer[[]byte] // memory for an answer
}

// New returns a handler for the service's downloads.
func New(service *download.Service, opts Options) (*Handler, error) {
	for _, k := range opts.Streamed {
		if k != FunctionURL && k != REST {
			return nil, fmt.Errorf("answers to %v cannot be streamed: only those to function-url and rest can", k)
		}
	}
	log := opts.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Handler{service: service, opts: opts, log: log}, nil
}

// exchange is one event on its way through the handler.
type exchange struct {
	*Handler
	ctx      context.Context
	e        *event
	id       string
	start    time.Time
	streamed bool
	bytes    int64
	memory   []byte // of the answer; nil if it has none of its own
	request  download.Request
	answer   download.Answer
}

// Handle answers an event. What it returns is the answer, buffered or streamed; close
// it when it is out. The error is for what is no HTTP request.
func (h *Handler) Handle(ctx context.Context, payload json.RawMessage) (io.Reader, error) {
	x := &exchange{Handler: h, ctx: ctx, start: time.Now()}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		x.id = lc.AwsRequestID
	}
	var err error
	if x.e, err = parse(payload); err != nil {
		h.log.Error("event", "id", x.id, "cause", err.Error())
		return nil, err
	}
	x.streamed = slices.Contains(h.opts.Streamed, x.e.kind)
	return x.serve(), nil
}

// serve answers. Whatever panics is a 500, with the stack in the log only.
func (x *exchange) serve() (out io.Reader) {
	defer func() {
		if cause := recover(); cause != nil {
			x.panicked(cause)
			out = x.refuse(core.Refuse(500, "panic"), nil)
		}
	}()
	x.request = download.Request{Request: x.e.fill(x.start), ID: x.id, Header: x.e, Native: x.e, MaxBody: streamed}
	if x.opts.Page != nil {
		if page := x.opts.Page(x.request.Path); page != nil {
			return x.page(page)
		}
	}
	return x.download()
}

func (x *exchange) panicked(cause any) {
	x.log.Error("panic", "id", x.id, "cause", cause, "stack", string(debug.Stack()))
}

func (x *exchange) download() io.Reader {
	if !x.streamed {
		x.request.MaxBody, x.request.Room = int64(x.e.kind.limit())/4*3, x.room
	}
	x.answer = x.service.Answer(x.ctx, &x.request)
	a := &x.answer
	h := x.headOf(&a.Decision, a.Location)
	if a.Delivery != core.Stream {
		return x.text(&h, x.message())
	}
	b := newBody(x.ctx, a)
	if x.streamed {
		return x.streaming(&h, &sending{x: x, src: b})
	}
	out, err := x.encoded(&h, b, a.BodyLength())
	if err != nil {
		return x.refuse(core.Refuse(503, "the file could not be read to its end"), err)
	}
	return x.out(out)
}

// message is the body of an answer that sends no file.
func (x *exchange) message() []byte {
	if x.request.Method == http.MethodHead {
		return nil
	}
	return []byte(x.answer.Message)
}

// refuse takes back what was to be answered.
func (x *exchange) refuse(d core.Decision, cause error) io.Reader {
	x.answer.Close()
	x.answer = download.Answer{Decision: d, Cause: cause}
	h := x.headOf(&x.answer.Decision, "")
	return x.text(&h, x.message())
}

// text is the answer with a short body, as the kind wants it.
func (x *exchange) text(h *head, body []byte) io.Reader {
	if x.streamed {
		return x.streaming(h, &sending{x: x, src: bytes.NewReader(body)})
	}
	return x.out(x.plain(h, body))
}

// out is a buffered answer that is complete.
func (x *exchange) out(answer []byte) io.Reader {
	w := &whole{end: x.end}
	w.Reset(answer)
	return w
}

// headOf is the head of a decision's answer.
func (x *exchange) headOf(d *core.Decision, location string) head {
	fields := make([]core.Field, len(d.Fields), len(d.Fields)+2)
	copy(fields, d.Fields)
	if location != "" {
		fields = append(fields, core.Field{Name: "Location", Value: location})
	}
	if x.id != "" {
		fields = append(fields, core.Field{Name: "X-Request-Id", Value: x.id})
	}
	return head{status: d.Status, fields: fields}
}

// spare is how long before the end of the invocation flushing is given up.
const spare = 500 * time.Millisecond

// end is called when the answer is out: the invocation ends after it.
func (x *exchange) end() {
	if a := &x.answer; a.Delivery == core.Stream {
		x.service.Ended(&x.request, a, x.bytes, a.Cause == nil && x.bytes == a.BodyLength())
	}
	x.answer.Close()
	x.giveBack()
	x.logRequest()
	if x.opts.Flush == nil {
		return
	}
	ctx, cancel := x.ctx, func() {}
	if deadline, ok := ctx.Deadline(); ok { // at which the platform ends the process
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-spare))
	}
	defer cancel()
	if err := x.opts.Flush(ctx); err != nil {
		x.log.Error("flush", "id", x.id, "cause", err.Error())
	}
}
