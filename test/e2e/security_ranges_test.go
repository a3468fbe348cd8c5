package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var contentRange = regexp.MustCompile(`^bytes (\d+)-(\d+)/(\d+)$`)

// wantBytes wants an answer to a Range field to be bytes of the file and no
// others: all of it, the part or the parts that it says it is, or 416.
func wantBytes(t *testing.T, label string, r reply, content []byte) {
	t.Helper()
	fault := ""
	switch {
	case len(r.body) > len(content)+1<<20:
		fault = fmt.Sprintf("a body of %d bytes for a file of %d", len(r.body), len(content))
	case r.cut:
		fault = "the body is shorter than announced"
	case r.status == 200 && !bytes.Equal(r.body, content):
		fault = "200 without the whole file"
	case r.status == 200 && r.header.Get("Content-Range") != "":
		fault = "200 with Content-Range"
	case r.status == 206:
		fault = partsFault(r, content)
	case r.status == 416 && r.header.Get("Content-Range") != fmt.Sprintf("bytes */%d", len(content)):
		fault = "416 with Content-Range " + r.header.Get("Content-Range")
	case !slices.Contains([]int{200, 206, 400, 416, 431}, r.status):
		fault = "unexpected status"
	}
	if fault != "" {
		t.Errorf("%.150q: status %d: %s: %q", label, r.status, fault, r.lines)
	}
}

func partsFault(r reply, content []byte) string {
	boundary, multipart := strings.CutPrefix(r.header.Get("Content-Type"), "multipart/byteranges; boundary=")
	if !multipart {
		return partFault(r.header.Get("Content-Range"), r.body, content)
	}
	switch {
	case r.header.Get("Content-Range") != "":
		return "a multipart answer with Content-Range"
	case r.header.Get("Content-Length") != strconv.Itoa(len(r.body)):
		return "Content-Length " + r.header.Get("Content-Length")
	}
	parts, fault := splitParts(r.body, boundary)
	if fault == "" && len(parts) > 64 {
		fault = fmt.Sprintf("%d parts", len(parts))
	}
	for _, p := range parts {
		if fault == "" && p.header.Get("Content-Type") == "" {
			fault = "a part without a type"
		}
		if fault == "" {
			fault = partFault(p.header.Get("Content-Range"), p.body, content)
		}
	}
	return fault
}

// partFault compares bytes with what Content-Range says they are.
func partFault(field string, body, content []byte) string {
	m := contentRange.FindStringSubmatch(field)
	if m == nil || m[3] != strconv.Itoa(len(content)) {
		return "Content-Range " + field
	}
	first, err1 := strconv.Atoi(m[1])
	last, err2 := strconv.Atoi(m[2])
	if err1 != nil || err2 != nil || first > last || last >= len(content) || !bytes.Equal(body, content[first:last+1]) {
		return "other bytes than " + field
	}
	return ""
}

// splitParts takes a multipart body apart by hand, to its last byte.
func splitParts(body []byte, boundary string) (parts []reply, fault string) {
	open, end := "--"+boundary+"\r\n", "\r\n--"+boundary+"--\r\n"
	rest, ok := bytes.CutPrefix(bytes.TrimPrefix(body, []byte("\r\n")), []byte(open))
	if !ok {
		return nil, "no opening boundary"
	}
	if rest, ok = bytes.CutSuffix(rest, []byte(end)); !ok {
		return nil, "no closing boundary at the end"
	}
	for _, p := range bytes.Split(rest, []byte("\r\n"+open)) {
		head, content, ok := bytes.Cut(p, []byte("\r\n\r\n"))
		if !ok {
			return nil, "a part without an empty line"
		}
		part := reply{header: http.Header{}, body: content}
		for line := range strings.SplitSeq(string(head), "\r\n") {
			name, value, _ := strings.Cut(line, ": ")
			part.header.Add(name, value)
		}
		parts = append(parts, part)
	}
	return parts, ""
}

// A reader of answers that accepts all would accept these.
func TestSecurityRangeOracle(t *testing.T) {
	content := []byte("0123456789")
	multipart := func(body string) reply {
		return reply{status: 206, body: []byte(body), header: http.Header{
			"Content-Type": {"multipart/byteranges; boundary=b"}, "Content-Length": {strconv.Itoa(len(body))}}}
	}
	single := func(field, body string) reply {
		return reply{status: 206, body: []byte(body), header: http.Header{"Content-Range": {field}}}
	}
	good := "--b\r\nContent-Type: x/y\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--b\r\nContent-Type: x/y\r\nContent-Range: bytes 5-6/10\r\n\r\n56\r\n--b--\r\n"
	for _, r := range []reply{multipart(good), single("bytes 3-4/10", "34")} {
		if fault := partsFault(r, content); fault != "" {
			t.Errorf("%q: %s", r.body, fault)
		}
	}
	bad := []reply{
		single("bytes 3-4/10", "35"), single("bytes 3-4/11", "34"), single("bytes 3-4/10", "345"), single("", "34"), single("bytes 9-10/10", "9x"),
		multipart(strings.Replace(good, "56\r", "57\r", 1)), multipart(strings.TrimSuffix(good, "--b--\r\n")), multipart(good + "x"),
		multipart(strings.Replace(good, "Content-Type: x/y\r\n", "", 1)), multipart(strings.Replace(good, "/10", "/9", 1)),
	}
	for _, r := range bad {
		if partsFault(r, content) == "" {
			t.Errorf("no fault was found in %q %q", r.header, r.body)
		}
	}
}

const (
	overInt64  = "9223372036854775808"
	maxInt64   = "9223372036854775807"
	overUint64 = "18446744073709551616"
)

// rangeRows are Range fields for a file of 1,000,000 bytes. Statuses are all
// that RFC 9110 §14.2 leaves to a server.
var rangeRows = []struct {
	field   string
	allowed []int
}{
	{"bytes=0-9", []int{206}},
	{"bytes=-10", []int{206}},
	{"bytes=999999-", []int{206}},
	{"bytes=999990-2000000", []int{206}},
	{"bytes=-2000000", []int{200, 206}},
	{"bytes=0-9,20-29", []int{206}},
	{"bytes=0-9,500000-500009,-10", []int{206}},
	{"bytes=20-29, 0-9", []int{206}},
	{"bytes=0-9,5-14", []int{200, 206}},
	{"bytes=0-9,2000000-", []int{206}},
	{"BYTES=0-9", []int{200, 206}},
	{"bytes=000000000000000000000000-9", []int{200, 206, 400, 416}},
	{"bytes=1000000-", []int{416}},
	{"bytes=-0", []int{416}},
	{"bytes=2000000-,3000000-", []int{416}},
	{"bytes=" + maxInt64 + "-", []int{416}},
	{"bytes=" + overInt64 + "-", []int{416, 200, 400}},
	{"bytes=" + overUint64 + "-", []int{416, 200, 400}},
	{"bytes=" + overUint64 + "0-" + overUint64 + "9", []int{416, 200, 400}},
	{"bytes=0-" + maxInt64, []int{206, 200, 416}},
	{"bytes=0-" + overInt64, []int{206, 200, 416}},
	{"bytes=0-" + overUint64, []int{206, 200, 416}},
	{"bytes=-" + maxInt64, []int{206, 200, 416}},
	{"bytes=-" + overInt64, []int{206, 200, 416}},
	{"bytes=-" + overUint64, []int{206, 200, 416}},
	{"bytes=-9223372036854773000,-" + maxInt64, []int{206, 200, 416}}, // CVE-2017-7529
	{"bytes=-1001000,-9223372036853774208", []int{206, 200, 416}},
	{"bytes=0-18446744073709551615", []int{206, 200, 416}}, // CVE-2015-1635
	{"bytes=18-18446744073709551615", []int{206, 200, 416}},
	{"bytes=4294967296-4294967300", []int{416}},
	{"bytes=4294967295-4294967297,0-1", []int{206}},
	{"bytes=-4294967297", []int{206, 200}},
	{"bytes=" + strings.Repeat("9", 5000) + "-", []int{416, 200, 400}},
	{"bytes=5-2", []int{200, 400, 416}},
	{"bytes=", []int{200, 400, 416}},
	{"bytes=-", []int{200, 400, 416}},
	{"bytes=a-b", []int{200, 400, 416}},
	{"bytes=0x0-0x9", []int{200, 400, 416}},
	{"bytes=--10", []int{200, 400, 416}},
	{"bytes=-1-1", []int{200, 400, 416}},
	{"bytes=+0-9", []int{200, 400, 416}},
	{"bytes=0.5-9", []int{200, 400, 416}},
	{"bytes=0-9;1", []int{200, 400, 416}},
	{"bytes 0-9", []int{200, 400, 416}},
	{"bytes=\u0660-\u0669", []int{200, 400, 416}},
	{"bytes=,,,,0-9,,,,", []int{206, 200, 400, 416}},
	{"items=0-9", []int{200}},
	{"bytes, items=0-9", []int{200, 400, 416}},
	{"bytes=0-0" + strings.Repeat(",", 3000), []int{206, 200, 400, 416}}, // ReDoS of CVE-2022-44570
	{"bytes=" + strings.Repeat(" ", 3000) + "0-0", []int{206, 200, 400, 416}},
}

func TestSecurityRanges(t *testing.T) {
	content := pattern(patternSize)
	onAll(t, nil, func(t *testing.T, v *victim) {
		for _, row := range rangeRows {
			r := v.ranged(t, row.field)
			wantBytes(t, row.field, r, content)
			if !slices.Contains(row.allowed, r.status) {
				t.Errorf("%.100q: got %d, want one of %d", row.field, r.status, row.allowed)
			}
		}
		for _, method := range []string{"HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
			r := v.one(t, ask(method, "/files/pattern.bin", "Range: bytes=0-9"))
			if r.status == 206 || r.header.Get("Content-Range") != "" || len(r.body) == 10 {
				t.Errorf("%s with Range: got %d %q", method, r.status, r.lines)
			}
		}
		empty := v.ranged(t, "bytes=0-9", "Range: bytes=20-29")
		wantBytes(t, "two Range lines", empty, content)
	})
}

// ranged asks for ranges of pattern.bin.
func (v *victim) ranged(t *testing.T, field string, more ...string) reply {
	t.Helper()
	request := get("/files/pattern.bin", append(more, "Range: "+field)...)
	k := say(t, v.addr, request, patience)
	all, rest := k.replies("GET")
	if len(all) != 1 || len(rest) > 0 {
		t.Errorf("%.100q: got %d answers and %d other bytes", field, len(all), len(rest))
		return reply{}
	}
	v.laws(t, request, k, "GET")
	return all[0]
}

// killers are Range fields that made servers send, or work, many times the file.
var killers = map[string]func(n int) string{
	"Apache killer (CVE-2011-3192)": func(n int) string {
		return "bytes=0-" + repeat(n, func(i int) string { return fmt.Sprintf(",5-%d", i) })
	},
	"overlapping": func(n int) string {
		return "bytes=0-" + repeat(n, func(i int) string { return fmt.Sprintf(",%d-", i) })
	},
	"the same": func(n int) string { return "bytes=0-" + repeat(n, func(int) string { return ",0-" }) },
	"suffixes": func(n int) string {
		return "bytes=-999999" + repeat(n, func(i int) string { return fmt.Sprintf(",-%d", 999999-i) })
	},
	"single bytes": func(n int) string {
		return "bytes=0-0" + repeat(n, func(i int) string { return fmt.Sprintf(",%d-%d", 2*i+2, 2*i+2) })
	},
	"descending": func(n int) string {
		return "bytes=999999-" + repeat(n, func(i int) string { return fmt.Sprintf(",%d-", 900000-3*i) })
	},
	"large, two by two": func(n int) string {
		return "bytes=0-499999" + repeat(n, func(i int) string { return fmt.Sprintf(",%d-999999", 500001+i) })
	},
}

func repeat(n int, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}

func TestSecurityRangeKillers(t *testing.T) {
	content := pattern(patternSize)
	onBoth(t, nil, func(t *testing.T, v *victim) {
		for name, killer := range killers {
			for _, n := range []int{1, 14, 15, 16, 63, 255, 400, 1300} {
				wantBytes(t, fmt.Sprintf("%s, %d", name, n), v.ranged(t, killer(n)), content)
			}
		}
		done := make(chan struct{})
		var group sync.WaitGroup
		for i := range 40 {
			group.Go(func() {
				for killer := range repeatUntil(done, killers) {
					wantBytes(t, "one of 40", v.ranged(t, killer([]int{15, 200, 400, 1300}[i%4])), content)
				}
			})
		}
		for range 10 {
			v.alive(t, patience)
		}
		close(done)
		group.Wait()
	})
}

// repeatUntil yields the values of m over and over.
func repeatUntil[K comparable, V any](done <-chan struct{}, m map[K]V) func(func(V) bool) {
	return func(yield func(V) bool) {
		for {
			for _, value := range m {
				select {
				case <-done:
					return
				default:
				}
				if !yield(value) {
					return
				}
			}
		}
	}
}

// conditionRows are conditions in the order of RFC 9110 §13.2.2. E and W stand
// for the file's entity-tag, strong and weak, M for its date, B and A for the
// dates a day before and after. nginx refuses a condition on two lines.
var conditionRows = []struct {
	name   string
	fields []string
	want   []int
	front  int // what nginx may say instead, of its own accord; 0: nothing
}{
	{"If-Match holds", []string{"If-Match: E"}, []int{200}, 0},
	{"If-Match is strong", []string{"If-Match: W"}, []int{412}, 0},
	{"If-Match in a list", []string{`If-Match: "x", E, "y"`}, []int{200}, 0},
	{"If-Match on two lines", []string{`If-Match: "x"`, "If-Match: E"}, []int{200}, 400},
	{"If-Match on two lines, none", []string{`If-Match: "x"`, `If-Match: "y"`}, []int{412}, 400},
	{"If-Match star", []string{"If-Match: *"}, []int{200}, 0},
	{"If-Match goes before If-Unmodified-Since", []string{"If-Match: E", "If-Unmodified-Since: B"}, []int{200}, 0},
	{"If-Match fails, If-Unmodified-Since holds", []string{`If-Match: "x"`, "If-Unmodified-Since: A"}, []int{412}, 0},
	{"If-Match fails before If-None-Match", []string{`If-Match: "x"`, "If-None-Match: E"}, []int{412}, 0},
	{"If-Unmodified-Since fails", []string{"If-Unmodified-Since: B"}, []int{412}, 0},
	{"If-Unmodified-Since holds", []string{"If-Unmodified-Since: M"}, []int{200}, 0},
	{"If-Unmodified-Since is no date", []string{"If-Unmodified-Since: yesterday"}, []int{200}, 0},
	{"If-None-Match", []string{"If-None-Match: E"}, []int{304}, 0},
	{"If-None-Match is weak", []string{"If-None-Match: W"}, []int{304}, 0},
	{"If-None-Match in a list", []string{`If-None-Match: "x",, W`}, []int{304}, 0},
	{"If-None-Match on two lines", []string{`If-None-Match: "x"`, "If-None-Match: E"}, []int{304}, 400},
	{"If-None-Match star", []string{"If-None-Match: *"}, []int{304}, 0},
	{"If-None-Match of another", []string{`If-None-Match: "x"`}, []int{200}, 0},
	{"If-None-Match without quotes", []string{"If-None-Match: x"}, []int{200}, 0},
	{"If-None-Match goes before If-Modified-Since", []string{`If-None-Match: "x"`, "If-Modified-Since: A"}, []int{200}, 0},
	{"If-Match holds, then If-None-Match", []string{"If-Match: E", "If-None-Match: E"}, []int{304}, 0},
	{"If-Modified-Since", []string{"If-Modified-Since: M"}, []int{304}, 0},
	{"If-Modified-Since later", []string{"If-Modified-Since: A"}, []int{304}, 0},
	{"If-Modified-Since before", []string{"If-Modified-Since: B"}, []int{200}, 0},
	{"If-Modified-Since is no date", []string{"If-Modified-Since: Mon, 99 Foo 2020 25:61:61 GMT"}, []int{200}, 0},
	{"If-Modified-Since on two lines", []string{"If-Modified-Since: B", "If-Modified-Since: B"}, []int{200}, 400},
	{"304 goes before Range", []string{"If-None-Match: E", "Range: bytes=0-9"}, []int{304}, 0},
	{"304 goes before 416", []string{"If-None-Match: E", "Range: bytes=2000000-"}, []int{304}, 0},
	{"412 goes before Range", []string{`If-Match: "x"`, "Range: bytes=0-9"}, []int{412}, 0},
	{"412 goes before 416", []string{`If-Match: "x"`, "Range: bytes=2000000-"}, []int{412}, 0},
	{"If-Range holds", []string{"If-Range: E", "Range: bytes=0-9"}, []int{206}, 0},
	{"If-Range is weak", []string{"If-Range: W", "Range: bytes=0-9"}, []int{200}, 0},
	{"If-Range of another", []string{`If-Range: "x"`, "Range: bytes=0-9"}, []int{200}, 0},
	{"If-Range on two lines", []string{`If-Range: "x"`, "If-Range: E", "Range: bytes=0-9"}, []int{200}, 400},
	{"If-Range in a list", []string{`If-Range: E, "x"`, "Range: bytes=0-9"}, []int{200}, 0},
	{"If-Range star", []string{"If-Range: *", "Range: bytes=0-9"}, []int{200}, 0},
	{"If-Range without quotes", []string{"If-Range: x", "Range: bytes=0-9"}, []int{200}, 0},
	{"If-Range date", []string{"If-Range: M", "Range: bytes=0-9"}, []int{206}, 0},
	{"If-Range date before", []string{"If-Range: B", "Range: bytes=0-9"}, []int{200}, 0},
	{"If-Range date after", []string{"If-Range: A", "Range: bytes=0-9"}, []int{200}, 0},
	{"If-Range of another goes before 416", []string{`If-Range: "x"`, "Range: bytes=2000000-"}, []int{200}, 0},
	{"If-Range holds, then 416", []string{"If-Range: E", "Range: bytes=2000000-"}, []int{416}, 0},
	{"If-Range without Range", []string{"If-Range: E"}, []int{200}, 0},
	{"all hold", []string{"If-Match: E", "If-Unmodified-Since: M", `If-None-Match: "x"`, "If-Range: E", "Range: bytes=0-9"}, []int{206}, 0},
}

func TestSecurityConditions(t *testing.T) {
	content := pattern(patternSize)
	onBoth(t, nil, func(t *testing.T, v *victim) {
		file := filepath.Join(v.root, "pattern.bin")
		modified := time.Now().Add(-100 * 24 * time.Hour).Truncate(time.Second)
		if err := os.Chtimes(file, modified, modified); err != nil {
			t.Fatal(err)
		}
		etag := v.one(t, get("/files/pattern.bin"), 200).header.Get("Etag")
		date := func(days int) string { return modified.AddDate(0, 0, days).UTC().Format(http.TimeFormat) }
		fill := strings.NewReplacer(": E", ": "+etag, ", E", ", "+etag, ": W", ": W/"+etag, ", W", ", W/"+etag,
			": M", ": "+date(0), ": B", ": "+date(-1), ": A", ": "+date(1))
		for _, row := range conditionRows {
			t.Run(row.name, func(t *testing.T) {
				var fields []string
				for _, f := range row.fields {
					if strings.HasPrefix(f, "If-Modified-Since: Mon, 99") {
						fields = append(fields, f)
						continue
					}
					fields = append(fields, fill.Replace(f))
				}
				request := get("/files/pattern.bin", fields...)
				if v.name == nginx && v.saysItself(t, request, row.front) {
					return
				}
				r := v.one(t, request, row.want...)
				switch r.status {
				case 200, 206, 416:
					wantBytes(t, row.name, r, content)
				case 304:
					if len(r.body) > 0 {
						t.Errorf("304 with a body of %d bytes", len(r.body))
					}
				}
			})
		}
	})
}

// saysItself reports whether nginx answers with a status of its own, and no file.
func (v *victim) saysItself(t *testing.T, request string, status int) bool {
	t.Helper()
	k := say(t, v.addr, request, patience)
	all, rest := k.replies("GET")
	return len(all) == 1 && len(rest) == 0 && all[0].status == status && len(all[0].body) < 1024 && canaryIn(k.raw) == ""
}

// bigSize is more than the buffers between a server and a client hold.
const bigSize = 48 << 20

// started is a download of which some bytes were read.
type started struct {
	io.Reader
	announced int
	first     []byte
}

// startDownload asks for big.bin and reads the first bytes of it.
func (v *victim) startDownload(t *testing.T) started {
	t.Helper()
	c := dial(t, v.addr)
	if c == nil {
		t.FailNow()
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(c, get("/files/big.bin"))
	var head []byte
	for b := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, b...) {
		if _, err := io.ReadFull(c, b); err != nil {
			t.Fatalf("after %q: %v", head, err)
		}
	}
	all, _ := talk{raw: head}.replies("GET")
	announced, err := strconv.Atoi(all[0].header.Get("Content-Length"))
	if all[0].status != 200 || err != nil {
		t.Fatalf("got %q", head)
	}
	first := make([]byte, 64<<10)
	if _, err := io.ReadFull(c, first); err != nil {
		t.Fatal(err)
	}
	return started{c, announced, first}
}

// rest reads what is left and returns all bytes.
func (s started) rest() []byte {
	more, _ := io.ReadAll(s)
	return append(s.first, more...)
}

func TestSecurityFileChangesDuringDownload(t *testing.T) {
	content := pattern(bigSize)
	other := bytes.Repeat([]byte("another version "), 1<<16)
	for _, row := range []struct {
		name   string
		change func(t *testing.T, file string) error
		whole  bool // the old bytes, all of them; else an end before
	}{
		{"replaced", func(t *testing.T, file string) error {
			write(t, file+".new", string(other))
			return os.Rename(file+".new", file)
		}, true},
		{"deleted", func(_ *testing.T, file string) error { return os.Remove(file) }, true},
		{"appended", func(_ *testing.T, file string) error {
			f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.Write(other)
			return err
		}, true},
		{"truncated", func(_ *testing.T, file string) error { return os.Truncate(file, bigSize-1000) }, false},
		{"truncated to nothing", func(_ *testing.T, file string) error { return os.Truncate(file, 0) }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			onAll(t, nil, func(t *testing.T, v *victim) {
				file := filepath.Join(v.root, "big.bin")
				write(t, file, string(content))
				d := v.startDownload(t)
				if err := row.change(t, file); err != nil {
					t.Fatal(err)
				}
				got := d.rest()
				switch {
				case d.announced != bigSize:
					t.Errorf("announced %d bytes of %d", d.announced, bigSize)
				case row.whole && !bytes.Equal(got, content):
					t.Errorf("got %d bytes, not the %d of the old version", len(got), bigSize)
				case !row.whole && (len(got) >= bigSize || !bytes.HasPrefix(content, got)):
					t.Errorf("got %d bytes of %d, want fewer and those of the file", len(got), bigSize)
				}
				v.alive(t, patience)
			})
		})
	}
}

// A download in parts, bound by If-Range, never mixes two versions.
func TestSecurityFileChangesBetweenParts(t *testing.T) {
	onAll(t, nil, func(t *testing.T, v *victim) {
		for i := range 20 {
			old := pattern(1000 + i)
			file := filepath.Join(v.root, "parts.bin")
			write(t, file, string(old))
			when := time.Now().Add(-time.Duration(100+rand.N(1000)) * time.Hour)
			if err := os.Chtimes(file, when, when); err != nil {
				t.Fatal(err)
			}
			first := v.one(t, get("/files/parts.bin", "Range: bytes=0-499"), 206)
			changed := bytes.ToUpper(slices.Concat(old[500:], old[:500]))
			write(t, file, string(changed))
			for _, validator := range []string{first.header.Get("Etag"), first.header.Get("Last-Modified")} {
				if validator == "" {
					t.Fatal("no validator")
				}
				r := v.one(t, get("/files/parts.bin", "Range: bytes=500-", "If-Range: "+validator), 200)
				if !bytes.Equal(r.body, changed) {
					t.Errorf("If-Range %s: got a mixture", validator)
				}
				v.one(t, get("/files/parts.bin", "Range: bytes=500-", "If-Match: "+first.header.Get("Etag")), 412)
			}
		}
		if err := os.Remove(filepath.Join(v.root, "parts.bin")); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		v.one(t, get("/files/parts.bin", "Range: bytes=500-"), 404)
	})
}
