// Command decide measures core.Decide beside http.ServeContent and prints the costs as
// JSON. It is a program of its own because each garbage collection looks at all that
// the program has: here it has nothing but what is measured.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"mime"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/test/bench/processor"
)

// question is one request, answered by both sides.
type question struct {
	name   string
	method string
	fields map[string]string
	status int
}

// modified and etag are of the file that is asked for.
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

// contender is one way to answer. answer returns a function that answers once
// more and the status of what it answered.
type contender struct {
	name   string
	answer func(question) func() int
}

// contenders are the columns of the table. The benchmark knows the first and the last
// by their names.
var contenders = []contender{
	{"Decide", answerDecide},
	{"Decide in net/http", answerDecideInHTTP},
	{"ServeContent, same fields", answerServeSame},
	{"ServeContent, fields preset", answerServePreset},
	{"ServeContent, same fields, os.File", answerServeFile},
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

func main() {
	rounds := flag.Int("rounds", 60, "rounds of each question")
	long := flag.Duration("time", 10*time.Millisecond, "time of one measurement")
	flag.Parse()
	runtime.GOMAXPROCS(1)      // so that garbage collections are part of what is measured
	debug.SetGCPercent(atEase) // and not more of it than in a server
	asked := make([]asking, len(questions))
	for i, q := range questions {
		var err error
		if asked[i], err = prepare(q, *long); err != nil {
			log.Fatal(err)
		}
	}
	for range *rounds {
		for i := range asked {
			asked[i].round()
		}
	}
	all := make([]Answered, len(asked))
	for i := range asked {
		all[i] = asked[i].Answered
	}
	if err := json.NewEncoder(os.Stdout).Encode(all); err != nil {
		log.Fatal(err)
	}
}

// atEase has the garbage of all contenders collected when there are some 20 MB of it, as in
// a server. This program is so small that it would be at 4 MB: most of the time a
// collection would be going on, in which every store of a pointer costs more.
const atEase = 300

// Answered is what a question costs, by contender.
type Answered struct {
	Question, Method string
	Status           int
	Costs            []Cost
}

// Cost is what one answer takes.
type Cost struct {
	By         string
	NS, Allocs float64
}

// asking is a question on its way. Its costs are the least of many short rounds, in
// which the questions and for each the contenders take turns. Whatever else the machine
// does can only add to a computation, and each measurement is long enough for several
// garbage collections.
type asking struct {
	Answered
	contenders []timed
}

func prepare(q question, long time.Duration) (asking, error) {
	a := asking{Answered: Answered{Question: q.name, Method: q.method, Status: q.status}}
	for _, c := range contenders {
		answer := c.answer(q)
		if status := answer(); status != q.status {
			return a, fmt.Errorf("%s answers %s with %d", c.name, q.name, status)
		}
		a.contenders = append(a.contenders, timed{answer, often(answer, long)})
		a.Costs = append(a.Costs, Cost{By: c.name, NS: math.Inf(1), Allocs: math.Inf(1)})
	}
	return a, nil
}

func (a *asking) round() {
	for i, c := range a.contenders {
		ns, allocs := c.measure()
		a.Costs[i].NS, a.Costs[i].Allocs = min(a.Costs[i].NS, ns), min(a.Costs[i].Allocs, allocs)
	}
}

// timed is a contender's answer and how often a round asks for it.
type timed struct {
	answer func() int
	times  int
}

// often is how many answers take about that long.
func often(answer func() int, long time.Duration) int {
	for n := 1; ; n *= 2 {
		if ns, _ := (timed{answer, n}).measure(); ns*float64(n) > float64(long)/2 {
			return int(float64(long)/ns) + 1
		}
	}
}

func (t timed) measure() (ns, allocs float64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := processor.Time()
	for range t.times {
		t.answer()
	}
	spent := processor.Time() - start
	runtime.ReadMemStats(&after)
	n := float64(t.times)
	return float64(spent) / n, float64(after.Mallocs-before.Mallocs) / n
}
