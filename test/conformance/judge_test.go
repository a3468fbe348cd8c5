package conformance

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
)

func loadAll(t *testing.T) (*Fixtures, []Group) {
	t.Helper()
	f, err := LoadFixtures()
	if err != nil {
		t.Fatal(err)
	}
	groups, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return f, groups
}

func TestTableAndFixturesFit(t *testing.T) {
	f, groups := loadAll(t)
	rows, asked := 0, map[string]bool{}
	for _, g := range groups {
		rows += len(g.Rows)
		for _, row := range g.Rows {
			path, _, _ := strings.Cut(row.Request.Path, "?")
			asked[strings.TrimPrefix(path, "/d/")] = true
			if file, ok := f.Behind(path); ok {
				asked[file.Path] = true
			}
			for _, coding := range Codings {
				asked[strings.TrimPrefix(path, "/coded/")+core.Extension(coding)] = true
			}
		}
	}
	if rows < 250 || len(groups) < 10 {
		t.Errorf("%d rows in %d groups", rows, len(groups))
	}
	for _, file := range f.Files {
		if !asked[file.Path] {
			t.Errorf("no row asks for file %s", file.Path)
		}
	}
	for _, item := range f.Items {
		if !asked[item.Slug] {
			t.Errorf("no row asks for item %s", item.Slug)
		}
		if _, ok := f.File(item.Key); ok == (item.Slug == "gone") {
			t.Errorf("item %s: file %q is there: %v", item.Slug, item.Key, ok)
		}
	}
}

// A row with an unknown member or an unknown word is a fault, not a row that
// checks nothing.
func TestRowFaults(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"no name", `{"request":{},"expect":{"status":200,"body":"whole"}}`, "a row has"},
		{"no status", `{"name":"x","expect":{"body":"whole"}}`, "a row has"},
		{"no body", `{"name":"x","expect":{"status":200}}`, "a row has"},
		{"unknown body", `{"name":"x","expect":{"status":200,"body":"most"}}`, "unknown body"},
		{"unknown coding", `{"name":"x","expect":{"status":200,"body":"whole","coding":"zip"}}`, "unknown coding"},
		{"difference with an unknown coding", `{"name":"x","expect":{"status":200,"body":"whole"},"differs":{"nginx":{"because":"y","coding":"z"}}}`, "unknown coding"},
		{"multipart of one", `{"name":"x","expect":{"status":200,"body":"multipart:0-1"}}`, "unknown body"},
		{"unknown ability", `{"name":"x","needs":["magic"],"expect":{"status":200,"body":"whole"}}`, "unknown ability"},
		{"difference without a reason", `{"name":"x","expect":{"status":200,"body":"whole"},"differs":{"nginx":{"status":400}}}`, "without a reason"},
		{"difference with an unknown body", `{"name":"x","expect":{"status":200,"body":"whole"},"differs":{"nginx":{"because":"y","body":"z"}}}`, "unknown body"},
		{"unknown invariant", `{"name":"x","expect":{"status":200,"body":"whole"},"differs":{"nginx":{"because":"y","breaks":["z"]}}}`, "unknown invariant"},
		{"unknown member", `{"name":"x","expects":{}}`, "unknown field"},
		{"match that is no expression", `{"name":"x","expect":{"status":200,"body":"whole","fields":{"A":{"match":"("}}}}`, "missing closing"},
		{"match without an expression", `{"name":"x","expect":{"status":200,"body":"whole","fields":{"A":{}}}}`, "write a string"},
		{"two values", `{} {}`, "more than one"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var r Row
			err := strict([]byte(row.text), &r)
			if err == nil {
				err = r.fault()
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q in it", err, row.want)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	for _, row := range []struct {
		form  string
		lines []string
		ok    bool
	}{
		{`"a"`, []string{"a"}, true},
		{`"a"`, []string{"b"}, false},
		{`"a"`, nil, false},
		{`"a, b"`, []string{"a", "b"}, false},
		{`""`, []string{""}, true},
		{`""`, nil, false},
		{`null`, nil, true},
		{`null`, []string{""}, false},
		{`{"match":"a+"}`, []string{"aa"}, true},
		{`{"match":"a+"}`, []string{"aab"}, false},
		{`{"match":"a|b"}`, []string{"ab"}, false},
	} {
		var fields map[string]Match
		if err := json.Unmarshal([]byte(`{"X":`+row.form+`}`), &fields); err != nil {
			t.Fatal(err)
		}
		if wrong := fields["X"].check(row.lines); (wrong == "") != row.ok {
			t.Errorf("%s of %q: %q", row.form, row.lines, wrong)
		}
	}
}

// find returns a row of the table.
func find(t *testing.T, groups []Group, group, name string) Row {
	t.Helper()
	for _, g := range groups {
		for _, row := range g.Rows {
			if g.Name == group && row.Name == name {
				return row
			}
		}
	}
	t.Fatalf("no row %s/%s", group, name)
	return Row{}
}

// Each change to a right answer is found.
func TestJudgeFindsWrongAnswers(t *testing.T) {
	f, groups := loadAll(t)
	target, err := NewCore(f)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name, value string) func(*Response) { return func(a *Response) { a.Header.Set(name, value) } }
	add := func(name, value string) func(*Response) { return func(a *Response) { a.Header.Add(name, value) } }
	del := func(name string) func(*Response) { return func(a *Response) { a.Header.Del(name) } }
	for _, row := range []struct {
		name, group, row string
		change           func(*Response)
		want             string
	}{
		{"status", "methods", "GET a file", func(a *Response) { a.Status = 206 }, "status: got 206"},
		{"one byte", "methods", "GET a file", func(a *Response) { a.Body[7]++ }, "from byte 7 on"},
		{"short body", "methods", "GET a file", func(a *Response) { a.Body = a.Body[:99] }, "Content-Length 100, body 99"},
		{"field", "methods", "GET a file", set("Content-Type", "text/html"), "Content-Type: got"},
		{"field that must be absent", "methods", "GET a file", set("Content-Encoding", "gzip"), "Content-Encoding: got"},
		{"no nosniff", "errors", "missing file", del("X-Content-Type-Options"), "nosniff"},
		{"two nosniff", "errors", "missing file", add("X-Content-Type-Options", "nosniff"), "nosniff"},
		{"internal redirect", "methods", "GET a file", set("X-Accel-Redirect", "/x"), "reaches the client"},
		{"internal file", "methods", "GET a file", set("X-Sendfile", "/x"), "reaches the client"},
		{"two dispositions", "methods", "GET a file", add("Content-Disposition", "inline"), "one disposition"},
		{"no disposition", "names", "space", del("Content-Disposition"), "one disposition"},
		{"loose disposition", "media-types", "file page.html", set("Content-Disposition", `attachment; filename=page.html`), "is not strict"},
		{"disposition with an escape", "media-types", "file page.html", set("Content-Disposition", `attachment; filename="a%20b"`), "is not strict"},
		{"disposition with an override", "media-types", "file page.html", set("Content-Disposition", `attachment; filename="a"; filename*=UTF-8''%E2%80%AEa`), "not clean"},
		{"disposition of an error", "errors", "missing file", set("Content-Disposition", `attachment; filename="a"`), "under status 404"},
		{"no length", "names", "space", del("Content-Length"), "length"},
		{"length of HEAD", "methods", "HEAD an empty file", set("Content-Length", "1"), "length"},
		{"body of HEAD", "methods", "HEAD a file", func(a *Response) { a.Body = []byte("x") }, "nothing after"},
		{"bytes after HEAD", "methods", "HEAD a file", func(a *Response) { a.Surplus = []byte("x") }, "nothing after"},
		{"body of 304", "conditions", "If-None-Match same", func(a *Response) { a.Body = []byte("x") }, "nothing after"},
		{"type of 304", "dates", "RFC 850", set("Content-Type", "text/plain"), "Content-Type under 304"},
		{"304 without Cache-Control", "dates", "RFC 850", del("Cache-Control"), "no Cache-Control"},
		{"304 without a tag", "dates", "RFC 850", del("ETag"), "validators"},
		{"other tag", "names", "space", set("ETag", `"x"`), "validators"},
		{"other date", "names", "space", set("Last-Modified", "x"), "validators"},
		{"tag of an error", "errors", "missing file", set("ETag", `"x"`), "validators"},
		{"stored error", "paths", "NUL", set("Cache-Control", "private"), "error is not stored"},
		{"error that echoes", "paths", "absolute path", func(a *Response) { a.Body = []byte("no files//etc/passwd") }, "quiet error"},
		{"error that echoes what it decoded", "paths", "encoded dots in capitals", func(a *Response) { a.Body = []byte("files/../../etc/passwd") }, "quiet error"},
		{"long error", "paths", "NUL", func(a *Response) { a.Body = bytes.Repeat([]byte("x"), 301) }, "quiet error"},
		{"error with a version", "paths", "NUL", func(a *Response) { a.Body = []byte("nginx/1.22.1") }, "no version"},
		{"version in a field", "methods", "GET a file", set("Server", "nginx/1.22.1"), "no version"},
		{"a field more is no fault", "methods", "GET a file", add("Vary", "a"), ""},
		{"field in two lines", "methods", "GET a file", func(a *Response) { a.Header["Vary"] = []string{"a", "a"} }, "fields once"},
		{"reason", "ranges", "first ten bytes", func(a *Response) { a.Reason = "other" }, "reason"},
		{"other bytes of a range", "ranges", "middle", func(a *Response) { a.Body[0]++ }, "from byte 0 on"},
		{"no multipart", "multipart", "two", set("Content-Type", "text/plain"), "not multipart"},
		{"other boundary", "multipart", "two", set("Content-Type", "multipart/byteranges; boundary=x"), "part 0-9"},
		{"one part less", "multipart", "two", func(a *Response) { a.Body = a.Body[:len(a.Body)/2] }, "unexpected EOF"},
		{"other range of a part", "multipart", "two", func(a *Response) { a.Body = bytes.Replace(a.Body, []byte("20-29/"), []byte("20-28/"), 1) }, "Content-Range of a part"},
		{"part without a type", "multipart", "two", func(a *Response) { a.Body = bytes.Replace(a.Body, []byte("Content-Type"), []byte("Content-Tape"), 1) }, "no Content-Type"},
		{"other bytes of a part", "multipart", "two", func(a *Response) { a.Body = bytes.Replace(a.Body, []byte("\r\n\r\n0"), []byte("\r\n\r\n1"), 1) }, "from byte 0 on"},
		{"other text of an error", "errors", "error body in full", func(a *Response) { a.Body = []byte("x") }, "differ from"},
		{"one byte of a form", "coded", "gzip", func(a *Response) { a.Body[7]++ }, "from byte 7 on"},
		{"date of a form", "coded", "gzip", set("Last-Modified", "Tue, 02 Jan 2024 03:04:05 GMT"), "Last-Modified"},
		{"length of HEAD of a form", "coded", "HEAD, gzip", set("Content-Length", "50000"), "length"},
		{"empty error", "errors", "missing file", func(a *Response) { a.Body = nil }, "short sentence"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := find(t, groups, row.group, row.row)
			file, _ := f.Behind(r.Request.Path)
			a := target.Do(t, r.Request)
			a.Body = slices.Clone(a.Body)
			if got := judge("core", &r, file, &a); len(got) != 0 {
				t.Fatalf("before the change: %q", got)
			}
			row.change(&a)
			got := strings.Join(judge("core", &r, file, &a), "\n")
			if !strings.Contains(got, row.want) || row.want == "" && got != "" {
				t.Errorf("got %q, want %q in it", got, row.want)
			}
		})
	}
}

// A difference holds only while it is there.
func TestJudgeKeepsDifferencesHonest(t *testing.T) {
	f, groups := loadAll(t)
	target, err := NewCore(f)
	if err != nil {
		t.Fatal(err)
	}
	row := find(t, groups, "methods", "GET a file")
	file, _ := f.Behind(row.Request.Path)
	right := target.Do(t, row.Request)
	teapot := Response{Status: 418, Header: http.Header{
		"Content-Length": {"1"}, "Cache-Control": {"private, no-cache"}, "X-Content-Type-Options": {"nosniff"},
	}, Body: []byte("x")}
	row.Differs = map[string]Difference{"pot": {
		Because:     "it is a teapot",
		Expectation: Expectation{Status: 418, Body: "error", Fields: map[string]Match{}},
		Breaks:      []string{"error is not stored"},
	}}
	for name := range row.Expect.Fields {
		if name != "X-Content-Type-Options" {
			row.Differs["pot"].Fields[name] = Match{exact: teapot.Header.Get(name), absent: teapot.Header.Get(name) == ""}
		}
	}
	check := func(name, target string, a Response, want string) {
		t.Helper()
		got := strings.Join(judge(target, &row, file, &a), "\n")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q in it", name, got, want)
		}
	}
	check("the difference is there", "pot", teapot, "")
	check("the difference has gone", "pot", right, "does not differ any more")
	check("the difference of a target's server", "pot/s3", teapot, "")
	check("another target has no difference", "other/pot", teapot, "status: got 418, want 200")
	check("another target has no difference", "other", teapot, "status: got 418, want 200")
	quiet := teapot
	quiet.Header = teapot.Header.Clone()
	quiet.Header.Set("Cache-Control", "no-store")
	check("the invariant holds again", "pot", quiet, "holds again")
	other := teapot
	other.Status = 500
	check("another difference", "pot", other, "status: got 500, want 418")
}

func TestWireIsByteForByte(t *testing.T) {
	r := Request{Method: "get", Path: "/a b\x00?é", Fields: []string{"X:  y ", "x:z", "HOST: h"}}
	got := string(wire(r))
	if want := "get /a b\x00?é HTTP/1.1\r\nConnection: close\r\nX:  y \r\nx:z\r\nHOST: h\r\n\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The socket sees what a client library would hide: bytes after the answer.
func TestSocketSeesSurplus(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 1000))
			c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd"))
			c.Close()
		}
	}()
	s := NewSocket("x", l.Addr().String())
	if a := s.Do(t, Request{Method: "HEAD", Path: "/"}); string(a.Surplus) != "abcd" || a.Status != 200 {
		t.Errorf("HEAD: %+v", a)
	}
	if a := s.Do(t, Request{Method: "GET", Path: "/"}); string(a.Body) != "abc" || string(a.Surplus) != "d" {
		t.Errorf("GET: %+v", a)
	}
}

func TestFixturesAreWritten(t *testing.T) {
	f, _ := loadAll(t)
	dir := t.TempDir()
	if err := f.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	for i := range f.Files {
		file := &f.Files[i]
		info, err := os.Stat(filepath.Join(dir, file.Key()))
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() != file.Metadata().Size || info.ModTime().Unix() != file.Modified.Unix() {
			t.Errorf("%s: %d bytes of %v", file.Path, info.Size(), info.ModTime())
		}
	}
	var b bytes.Buffer
	if err := f.WriteItems(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(f.Items) {
		t.Fatalf("%d lines for %d items", len(lines), len(f.Items))
	}
	for i, line := range lines {
		var item Item
		if err := strict([]byte(line), &item); err != nil || item != f.Items[i] {
			t.Errorf("line %d: %s: %v", i+1, line, err)
		}
	}
}
