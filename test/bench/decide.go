package main

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/core"
)

// question is one request, answered by both sides.
type question struct {
	name   string
	method string
	fields map[string]string
	status int
}

// modified and etag are of the file that part 1 asks for.
var modified = time.Date(2025, 2, 4, 6, 30, 11, 0, time.UTC)

const etag = `"67a1b2c3-100000"`

var questions = []question{
	{"200", "GET", nil, 200},
	{"206 one range", "GET", map[string]string{"Range": "bytes=1000-1999"}, 206},
	{"206 two ranges", "GET", map[string]string{"Range": "bytes=0-1,1000-1001"}, 206},
	{"304 If-None-Match", "GET", map[string]string{"If-None-Match": etag}, 304},
	{"304 If-Modified-Since", "GET", map[string]string{"If-Modified-Since": modified.Format(http.TimeFormat)}, 304},
	{"416", "GET", map[string]string{"Range": "bytes=9999999-"}, 416},
	{"HEAD", "HEAD", nil, 200},
}

// cost is what one answer takes.
type cost struct{ ns, allocs float64 }

// contender is one way to answer. answer returns a function that answers once
// more and the status of what it answered.
type contender struct {
	name   string
	answer func(question) func() int
}

// The contenders, in the order of the table's columns.
const (
	decideAlone = iota
	decideInHTTP
	serveSame
	servePreset
	serveFile
)

var contenders = []contender{
	decideAlone:  {"Decide", answerDecide},
	decideInHTTP: {"Decide in net/http", answerDecideInHTTP},
	serveSame:    {"ServeContent, same fields", answerServeSame},
	servePreset:  {"ServeContent, fields preset", answerServePreset},
	serveFile:    {"ServeContent, same fields, os.File", answerServeFile},
}

// answerDecide is the decision alone, as the service calls for it: it composes every
// field value.
func answerDecide(q question) func() int {
	r := nethttp.Fill(q.request(), modified)
	rep, can := representation(), streaming()
	return func() int {
		var d core.Decision
		core.DecideInto(&d, &r, &rep, &can)
		return d.Status
	}
}

// answerDecideInHTTP also reads the request's fields from an http.Header and
// puts the answer's into one, as adapters/nethttp does.
func answerDecideInHTTP(q question) func() int {
	r, rep, can := q.request(), representation(), streaming()
	return func() int {
		w := newDiscard()
		filled := nethttp.Fill(r, modified)
		var d core.Decision
		core.DecideInto(&d, &filled, &rep, &can)
		values := make([]string, len(d.Fields))
		for i, f := range d.Fields {
			values[i] = f.Value
			w.header[f.Name] = values[i : i+1 : i+1]
		}
		w.WriteHeader(d.Status)
		return w.status
	}
}

// answerServeSame is a handler that sets the fields Decide sets, as one would
// write it, and calls ServeContent.
func answerServeSame(q question) func() int {
	return answerServe(q, &noContent{size: representation().Size})
}

// answerServeFile is the same for an open file, whose seeks are system calls. It
// is closed when nobody holds it any more.
func answerServeFile(q question) func() int {
	f, err := os.CreateTemp("", "downlink-bench-")
	if err != nil {
		panic(err) // nowhere to write: nothing here can work
	}
	os.Remove(f.Name())
	if err := f.Truncate(representation().Size); err != nil {
		panic(err)
	}
	return answerServe(q, f)
}

func answerServe(q question, content io.ReadSeeker) func() int {
	r, rep := q.request(), representation()
	return func() int {
		w := newDiscard()
		h := w.Header()
		h.Set("ETag", rep.ETag)
		h.Set("Content-Type", rep.MediaType)
		h.Set("Cache-Control", "private, no-cache")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": rep.Name}))
		http.ServeContent(w, r, rep.Name, rep.LastModified, content)
		return w.status
	}
}

// answerServePreset is ServeContent with as little around it as it can answer
// the same with: ready values for those fields.
func answerServePreset(q question) func() int {
	r, rep := q.request(), representation()
	content := &noContent{size: rep.Size}
	preset := map[string][]string{
		"Etag":                   {rep.ETag},
		"Content-Type":           {rep.MediaType},
		"Cache-Control":          {"private, no-cache"},
		"X-Content-Type-Options": {"nosniff"},
		"Content-Disposition":    {`attachment; filename="` + rep.Name + `"`},
	}
	return func() int {
		w := newDiscard()
		for name, value := range preset {
			w.header[name] = value
		}
		http.ServeContent(w, r, rep.Name, rep.LastModified, content)
		return w.status
	}
}

func representation() core.Representation {
	return core.Representation{
		Name: "report-2025.pdf", Size: 1 << 20, ETag: etag, LastModified: modified, MediaType: "application/pdf",
	}
}

func streaming() core.Capabilities {
	return core.Capabilities{Deliveries: []core.Delivery{core.Stream}, MultipartRanges: true}
}

func (q question) request() *http.Request {
	r, err := http.NewRequest(q.method, "/files/report-2025.pdf", nil)
	if err != nil {
		panic(err) // the table above is constant
	}
	for name, value := range q.fields {
		r.Header.Set(name, value)
	}
	return r
}

// discard is the least http.ResponseWriter: bodies cost nothing, they are not
// even read. Each answer gets a new one, as each of net/http's does.
type discard struct {
	header http.Header
	status int
}

//go:noinline // so that it is on the heap, where net/http's are
func newDiscard() *discard { return &discard{header: http.Header{}} }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

// ReadFrom takes what io.CopyN limits without reading it.
func (d *discard) ReadFrom(r io.Reader) (int64, error) {
	if l, ok := r.(*io.LimitedReader); ok {
		return l.N, nil
	}
	return io.Copy(io.Discard, r)
}

// noContent is a file whose seeks and reads cost nothing.
type noContent struct{ size, at int64 }

func (c *noContent) Read(b []byte) (int, error) {
	n := min(int64(len(b)), c.size-c.at)
	if c.at += n; n == 0 {
		return 0, io.EOF
	}
	return int(n), nil
}

func (c *noContent) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.at
	case io.SeekEnd:
		offset += c.size
	}
	c.at = offset
	return offset, nil
}

// measureDecide returns the costs by question and contender: the least of many
// short rounds in which the contenders take turns. Whatever else the machine
// does can only add to a computation, and each round is long enough for several
// garbage collections. All runs on one processor, so that those are part of it.
func measureDecide(ctx context.Context, p plan) ([][]cost, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	costs := make([][]cost, len(questions))
	for i, q := range questions {
		progress("%s", q.name)
		all := make([]timed, len(contenders))
		for j, c := range contenders {
			answer := c.answer(q)
			if status := answer(); status != q.status {
				return nil, fmt.Errorf("%s answers %s with %d", c.name, q.name, status)
			}
			all[j] = timed{answer, often(answer, p.decideTime)}
		}
		costs[i] = make([]cost, len(contenders))
		for round := range p.decideRounds {
			for j := range all {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				got := all[j].measure()
				if round == 0 {
					costs[i][j] = got
				}
				costs[i][j] = cost{min(costs[i][j].ns, got.ns), min(costs[i][j].allocs, got.allocs)}
			}
		}
	}
	return costs, nil
}

// timed is a contender's answer and how often a round asks for it.
type timed struct {
	answer func() int
	times  int
}

// often is how many answers take about that long.
func often(answer func() int, long time.Duration) int {
	for n := 1; ; n *= 2 {
		if got := (timed{answer, n}).measure(); got.ns*float64(n) > float64(long)/2 {
			return int(float64(long)/got.ns) + 1
		}
	}
}

func (t timed) measure() cost {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := processorTime()
	for range t.times {
		t.answer()
	}
	spent := processorTime() - start
	runtime.ReadMemStats(&after)
	n := float64(t.times)
	return cost{ns: float64(spent) / n, allocs: float64(after.Mallocs-before.Mallocs) / n}
}

// processorTime is how long the process has run: other than the time of day it
// stands still while another one has the processor.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // nothing but a wrong argument makes it fail
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
