package downloadtest_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/downloadtest"
)

// fields are header lines by name; a name with nothing takes the line away.
type fields map[string]string

// response is a response to a GET, with the lines of changes in place of those of
// base. A value may hold several lines, divided by line breaks.
func response(status int, body string, base, changes fields) *http.Response {
	all := fields{}
	maps.Copy(all, base)
	maps.Copy(all, changes)
	h := http.Header{}
	for name, value := range all {
		if value != "" {
			h[http.CanonicalHeaderKey(name)] = strings.Split(value, "\n")
		}
	}
	return &http.Response{
		StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)),
		Request: httptest.NewRequest("GET", "/files/a.txt", nil),
	}
}

// row is a response that an assertion must not let pass: the words of its fault.
type row struct {
	name    string
	status  int // 0: the right one
	body    string
	changes fields
	words   []string
}

// wrong plays rows against an assertion of a response that is right but for a row's
// changes, and the right one, too.
func wrong(t *testing.T, status int, body string, base fields, assert func(testing.TB, *http.Response), rows []row) {
	t.Helper()
	right := response(status, body, base, nil)
	for range 2 { // the second time, the body was put back
		if got := faults(t, func(t testing.TB) { assert(t, right) }); len(got) > 0 {
			t.Errorf("the right response has faults: %q", got)
		}
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if r.status == 0 {
				r.status = status
			}
			if r.body == "" {
				r.body = body
			}
			fails(t, func(t testing.TB) { assert(t, response(r.status, r.body, base, r.changes)) }, r.words...)
		})
	}
}

var whole = fields{
	"Content-Type": "text/plain; charset=utf-8", "Content-Length": "5", "X-Content-Type-Options": "nosniff",
	"Content-Disposition": `attachment; filename="_.txt"; filename*=UTF-8''%E6%97%A5.txt`,
}

func TestO2_AssertFails(t *testing.T) {
	wrong(t, 200, "hello", whole, func(t testing.TB, resp *http.Response) {
		downloadtest.Assert(t, resp, downloadtest.Download{
			Basename: "日.txt", Fallback: "_.txt", ContentType: "text/plain; charset=utf-8", MediaType: "text/plain",
			Content: []byte("hello"), Disposition: downloadtest.Attachment,
		})
	}, []row{
		{"status", 404, "", nil, []string{"GET /files/a.txt: status is 404, want 200", `"hello"`}},
		{"content", 0, "jello", nil, []string{`content is "jello", want "hello"`}},
		{"length", 0, "", fields{"Content-Length": "6"}, []string{"Content-Length is 6 and the body has 5 bytes"}},
		{"no nosniff", 0, "", fields{"X-Content-Type-Options": ""}, []string{`X-Content-Type-Options is not there, want "nosniff"`}},
		{"no disposition", 0, "", fields{"Content-Disposition": ""}, []string{"Content-Disposition is there 0 times"}},
		{"two dispositions", 0, "", fields{"Content-Disposition": "attachment\nattachment"}, []string{"there 2 times"}},
		{"no grammar", 0, "", fields{"Content-Disposition": `attachment; filename="a`}, []string{"has no end"}},
		{"handed over", 0, "", fields{"X-Accel-Redirect": "/i/a.txt"}, []string{`X-Accel-Redirect is "/i/a.txt", want no such field`}},
	})
}

// Each option alone makes an assertion fail: none is without effect.
func TestO2_EachOptionFails(t *testing.T) {
	accel, sendfile := maps.Clone(whole), maps.Clone(whole)
	accel["Content-Length"], sendfile["Content-Length"] = "0", "0"
	accel["X-Accel-Redirect"], sendfile["X-Sendfile"] = "/i/a%20b.txt", "/srv/a b.txt"
	for name, value := range map[string]string{"Charset": "utf-8", "Buffering": "yes", "Expires": "60", "Limit-Rate": "1000"} {
		accel["X-Accel-"+name] = value
	}
	right := downloadtest.Download{
		Basename: "日.txt", Fallback: "_.txt", ContentType: "text/plain; charset=utf-8", MediaType: "text/plain",
		Content: []byte("hello"), Disposition: downloadtest.Attachment,
	}
	each(t, right, func(t testing.TB, want downloadtest.Download) {
		downloadtest.Assert(t, response(200, "hello", whole, nil), want)
	})
	each(t, downloadtest.XAccel{
		RedirectURL: "/i/a%20b.txt", Charset: "utf-8", Buffering: "yes", Expires: "60", LimitRate: "1000",
		Basename: right.Basename, ContentType: right.ContentType, MediaType: right.MediaType, Disposition: right.Disposition,
	}, func(t testing.TB, want downloadtest.XAccel) {
		downloadtest.AssertXAccel(t, response(200, "", accel, nil), want)
	})
	each(t, downloadtest.XSendfile{
		FilePath: "/srv/a b.txt", Field: "X-Sendfile",
		Basename: right.Basename, ContentType: right.ContentType, MediaType: right.MediaType, Disposition: right.Disposition,
	}, func(t testing.TB, want downloadtest.XSendfile) {
		downloadtest.AssertXSendfile(t, response(200, "", sendfile, nil), want)
	})
	each(t, downloadtest.Redirect{Status: 302, Prefix: "https://s3/"}, func(t testing.TB, want downloadtest.Redirect) {
		downloadtest.AssertRedirect(t, response(302, "", fields{"Location": "https://s3/a", "Cache-Control": "private, no-store"}, nil), want)
	})
}

// each asserts right, and for each of its fields a want of that field alone that is
// not what the response has.
func each[W any](t *testing.T, right W, assert func(testing.TB, W)) {
	t.Helper()
	if got := faults(t, func(t testing.TB) { assert(t, right) }); len(got) > 0 {
		t.Errorf("%T: the right response has faults: %q", right, got)
	}
	for i := range reflect.TypeFor[W]().NumField() {
		var want W
		switch f := reflect.ValueOf(&want).Elem().Field(i); f.Interface().(type) {
		case string:
			f.SetString("other")
		case []byte:
			f.SetBytes([]byte("other"))
		case int:
			f.SetInt(307)
		}
		if got := faults(t, func(t testing.TB) { assert(t, want) }); len(got) != 1 {
			t.Errorf("%T %s: faults %q, want one", right, reflect.TypeFor[W]().Field(i).Name, got)
		}
	}
}

func TestO2_AssertXAccelFails(t *testing.T) {
	base := maps.Clone(whole)
	maps.Copy(base, fields{"Content-Length": "0", "X-Accel-Redirect": "/i/a.txt", "X-Accel-Buffering": "no", "X-Accel-Expires": "0", "X-Accel-Limit-Rate": "0"})
	wrong(t, 200, "", base, func(t testing.TB, resp *http.Response) {
		downloadtest.AssertXAccel(t, resp, downloadtest.XAccel{
			Charset: downloadtest.Absent, Buffering: downloadtest.Disabled, Expires: downloadtest.Disabled, LimitRate: downloadtest.Disabled,
		})
	}, []row{
		{"status", 404, "", nil, []string{"status is 404"}},
		{"not handed over", 0, "", fields{"X-Accel-Redirect": ""}, []string{"X-Accel-Redirect is there 0 times"}},
		{"a relative URL", 0, "", fields{"X-Accel-Redirect": "i/a.txt"}, []string{"want an absolute path"}},
		{"a body", 0, "hello", nil, []string{`the body is "hello"`}},
		{"a charset", 0, "", fields{"X-Accel-Charset": "utf-8"}, []string{`X-Accel-Charset is "utf-8", want no such field`}},
		{"buffered", 0, "", fields{"X-Accel-Buffering": "yes"}, []string{`X-Accel-Buffering is "yes", want "no"`}},
		{"expires", 0, "", fields{"X-Accel-Expires": "60"}, []string{`X-Accel-Expires is "60", want "0"`}},
		{"limited", 0, "", fields{"X-Accel-Limit-Rate": "9"}, []string{`X-Accel-Limit-Rate is "9", want "0"`}},
		{"what nginx does not know", 0, "", fields{"X-Accel-Limit-Rate": "off"}, []string{`"off", want "0"`}},
		{"no name", 0, "", fields{"Content-Disposition": ""}, []string{"Content-Disposition"}},
	})
}

func TestO2_AssertXSendfileFails(t *testing.T) {
	base := maps.Clone(whole)
	maps.Copy(base, fields{"Content-Length": "0", "X-Sendfile": "/srv/a.txt"})
	wrong(t, 200, "", base, func(t testing.TB, resp *http.Response) {
		downloadtest.AssertXSendfile(t, resp, downloadtest.XSendfile{})
	}, []row{
		{"status", 500, "", nil, []string{"status is 500"}},
		{"not handed over", 0, "", fields{"X-Sendfile": ""}, []string{"X-Sendfile is there 0 times"}},
		{"a relative path", 0, "", fields{"X-Sendfile": "a.txt"}, []string{"want an absolute path"}},
		{"a body", 0, "hello", nil, []string{`the body is "hello"`}},
		{"two dispositions", 0, "", fields{"Content-Disposition": "attachment\nattachment"}, []string{"there 2 times"}},
	})
	other := response(200, "", whole, fields{"Content-Length": "0", "X-LIGHTTPD-send-file": "/srv/a.txt"})
	downloadtest.AssertXSendfile(t, other, downloadtest.XSendfile{Field: "X-LIGHTTPD-send-file", FilePath: "/srv/a.txt"})
}

func TestO2_AssertRangeFails(t *testing.T) {
	content := []byte("0123456789")
	one := core.Span{Start: 2, Length: 3}
	wrong(t, 206, "234", fields{"Content-Range": "bytes 2-4/10", "Content-Length": "3"}, func(t testing.TB, resp *http.Response) {
		downloadtest.AssertRange(t, resp, content, one)
	}, []row{
		{"status", 200, "", nil, []string{"status is 200, want 206"}},
		{"no range", 0, "", fields{"Content-Range": ""}, []string{`want "bytes 2-4/10"`}},
		{"another range", 0, "", fields{"Content-Range": "bytes 2-4/11"}, []string{`"bytes 2-4/11", want "bytes 2-4/10"`}},
		{"other bytes", 0, "345", nil, []string{`content is "345", want "234"`}},
		{"too short", 0, "23", fields{"Content-Length": ""}, []string{`content is "23"`}},
		{"length", 0, "", fields{"Content-Length": "4"}, []string{"Content-Length is 4"}},
		{"handed over", 0, "", fields{"X-Sendfile": "/a"}, []string{"X-Sendfile"}},
	})
	two := []core.Span{{Start: 0, Length: 1}, {Start: 8, Length: 2}}
	part := func(contentRange, bytes string) string {
		return "--b\r\nContent-Type: text/plain\r\nContent-Range: " + contentRange + "\r\n\r\n" + bytes + "\r\n"
	}
	first, second := part("bytes 0-0/10", "0"), part("bytes 8-9/10", "89")
	wrong(t, 206, first+second+"--b--\r\n", fields{"Content-Type": "multipart/byteranges; boundary=b"}, func(t testing.TB, resp *http.Response) {
		downloadtest.AssertRange(t, resp, content, two...)
	}, []row{
		{"not multipart", 0, "", fields{"Content-Type": "text/plain"}, []string{`Content-Type is "text/plain", want multipart/byteranges of 2 parts`}},
		{"a range of its own", 0, "", fields{"Content-Range": "bytes 0-9/10"}, []string{"want no such field"}},
		{"one part", 0, first + "--b--\r\n", nil, []string{"part 2 cannot be read"}},
		{"three parts", 0, first + second + first + "--b--\r\n", nil, []string{"after part 2", "want the end"}},
		{"the other order", 0, second + first + "--b--\r\n", nil, []string{`part 1: Content-Range is "bytes 8-9/10", want "bytes 0-0/10"`}},
		{"other bytes", 0, first + part("bytes 8-9/10", "98") + "--b--\r\n", nil, []string{`part 2: content is "98", want "89"`}},
		{"no end", 0, first + "--b\r\nContent-Range: bytes 8-9/10\r\n\r\n89", nil, []string{"part 2 breaks off"}},
	})
	fails(t, func(t testing.TB) {
		downloadtest.AssertRange(t, response(206, "234", nil, fields{"Content-Range": "bytes 2-4/10"}), content, core.Span{Start: 9, Length: 2})
	}, "the test asks for what is not there")
}

var refusal = fields{"Cache-Control": "private, No-Store", "X-Content-Type-Options": "nosniff", "Content-Range": "bytes */10"}

var refusalRows = []row{
	{"status", 200, "", nil, []string{"status is 200"}},
	{"stored", 0, "", fields{"Cache-Control": "private"}, []string{`Cache-Control is "private", want no-store in it`}},
	{"nearly", 0, "", fields{"Cache-Control": "no-store-at-all"}, []string{"want no-store in it"}},
	{"sniffed", 0, "", fields{"X-Content-Type-Options": ""}, []string{"nosniff"}},
	{"a file's name", 0, "", fields{"Content-Disposition": "attachment"}, []string{"Content-Disposition"}},
	{"a file's version", 0, "", fields{"ETag": `"x"`}, []string{"ETag"}},
	{"a file's date", 0, "", fields{"Last-Modified": "x"}, []string{"Last-Modified"}},
	{"handed over", 0, "", fields{"X-Accel-Redirect": "/i"}, []string{"X-Accel-Redirect"}},
}

func TestO2_AssertRefusedFails(t *testing.T) {
	wrong(t, 404, "no", refusal, func(t testing.TB, resp *http.Response) { downloadtest.AssertRefused(t, resp, 404) }, refusalRows)
	rows := append(refusalRows, row{"another size", 0, "", fields{"Content-Range": "bytes */9"}, []string{`want "bytes */10"`}})
	wrong(t, 416, "no", refusal, func(t testing.TB, resp *http.Response) { downloadtest.AssertUnsatisfiable(t, resp, 10) }, rows)
}

func TestO2_AssertNotModifiedFails(t *testing.T) {
	wrong(t, 304, "", fields{"ETag": `"x"`}, func(t testing.TB, resp *http.Response) { downloadtest.AssertNotModified(t, resp) }, []row{
		{"status", 200, "", nil, []string{"status is 200, want 304"}},
		{"no validator", 0, "", fields{"ETag": ""}, []string{"neither ETag nor Last-Modified"}},
		{"a type", 0, "", fields{"Content-Type": "text/plain"}, []string{"Content-Type"}},
		{"a body", 0, "hello", nil, []string{`the body is "hello"`}},
		{"handed over", 0, "", fields{"X-Accel-Redirect": "/i"}, []string{"X-Accel-Redirect"}},
	})
}

func TestO2_AssertRedirectFails(t *testing.T) {
	wrong(t, 307, "", fields{"Location": "https://s3/a", "Cache-Control": "no-store"}, func(t testing.TB, resp *http.Response) {
		downloadtest.AssertRedirect(t, resp, downloadtest.Redirect{Prefix: "https://s3/"})
	}, []row{
		{"for ever", 301, "", nil, []string{"status is 301, want 302 or 307"}},
		{"elsewhere", 0, "", fields{"Location": "https://evil/"}, []string{`want it to begin with "https://s3/"`}},
		{"nowhere", 0, "", fields{"Location": ""}, []string{"Location is there 0 times"}},
		{"stored", 0, "", fields{"Cache-Control": ""}, []string{"no-store"}},
		{"handed over", 0, "", fields{"X-Sendfile": "/a"}, []string{"X-Sendfile"}},
	})
	fails(t, func(t testing.TB) {
		downloadtest.AssertRedirect(t, response(302, "", fields{"Location": "/a", "Cache-Control": "no-store"}, nil), downloadtest.Redirect{Status: 307})
	}, "status is 302, want 307")
}

func TestO2_AssertFieldsFails(t *testing.T) {
	wrong(t, 200, "", fields{"ETag": `"x"`}, func(t testing.TB, resp *http.Response) {
		downloadtest.AssertFields(t, resp, downloadtest.Fields{"ETag": `"x"`, "Set-Cookie": downloadtest.Absent})
	}, []row{
		{"another value", 0, "", fields{"ETag": `"y"`}, []string{`ETag is "\"y\"", want "\"x\""`}},
		{"gone", 0, "", fields{"ETag": ""}, []string{"ETag is not there"}},
		{"twice", 0, "", fields{"ETag": "\"x\"\n\"x\""}, []string{"ETag is there 2 times"}},
		{"not absent", 0, "", fields{"Set-Cookie": "a=b"}, []string{`Set-Cookie is "a=b", want no such field`}},
	})
}

// The assertions hold for what Downlink answers.
func TestO2_OnDownlink(t *testing.T) {
	const content = "0123456789"
	store := downloadtest.TempStore(t, "files", map[string]string{"a b/日本.txt": content})
	rate := int64(-1)
	handler := func(rules ...download.Rule) http.Handler {
		service, err := download.New([]download.Route{{Pattern: "/files/{path...}", View: &download.StorageView{Store: store}}}, rules)
		if err != nil {
			t.Fatal(err)
		}
		return nethttp.New(service, nethttp.Options{})
	}
	const target = "/files/a%20b/%E6%97%A5%E6%9C%AC.txt"
	direct := handler()
	resp := downloadtest.Get(t, direct, target)
	for range 2 {
		downloadtest.Assert(t, resp, downloadtest.Download{
			Basename: "日本.txt", Fallback: "__.txt", MediaType: "text/plain", Content: []byte(content), Disposition: downloadtest.Attachment,
		})
	}
	head := httptest.NewRequest("HEAD", target, nil)
	downloadtest.Assert(t, downloadtest.Serve(t, direct, head), downloadtest.Download{Content: []byte(content)})
	downloadtest.AssertRange(t, downloadtest.Get(t, direct, target, "Range", "bytes=1-3"), []byte(content), core.Span{Start: 1, Length: 3})
	downloadtest.AssertRange(t, downloadtest.Get(t, direct, target, "Range", "bytes=1-3,-2"), []byte(content), core.Span{Start: 1, Length: 3}, core.Span{Start: 8, Length: 2})
	downloadtest.AssertUnsatisfiable(t, downloadtest.Get(t, direct, target, "Range", "bytes=10-"), 10)
	downloadtest.AssertNotModified(t, downloadtest.Get(t, direct, target, "If-None-Match", resp.Header.Get("ETag")))
	downloadtest.AssertRefused(t, downloadtest.Get(t, direct, "/files/none"), 404)
	no := false
	nginx := handler(download.Rule{Front: "nginx", Source: "files", Destination: "/i/", Buffering: &no, LimitRate: rate, Charset: "utf-8"})
	downloadtest.AssertXAccel(t, downloadtest.Get(t, nginx, target), downloadtest.XAccel{
		RedirectURL: "/i/a%20b/%E6%97%A5%E6%9C%AC.txt", Charset: "utf-8", Buffering: downloadtest.Disabled,
		Expires: downloadtest.Absent, LimitRate: downloadtest.Disabled, Basename: "日本.txt",
	})
}

func TestServeSeesWhatIsCutOff(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), response(200, "", whole, nil).Header)
		io.WriteString(w, "hel")
		panic(http.ErrAbortHandler)
	})
	resp := downloadtest.Get(t, h, "/files/a.txt")
	for range 2 {
		fails(t, func(t testing.TB) { downloadtest.Assert(t, resp, downloadtest.Download{}) }, "breaks off after 3 bytes")
	}
	defer func() {
		if cause := recover(); cause != "a fault of the handler" {
			t.Errorf("recovered %v", cause)
		}
	}()
	downloadtest.Get(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a fault of the handler") }), "/")
}

func TestHeadWithABody(t *testing.T) {
	resp := response(200, "hello", whole, nil)
	resp.Request.Method = "HEAD"
	fails(t, func(t testing.TB) { downloadtest.Assert(t, resp, downloadtest.Download{}) }, "HEAD /files/a.txt", "has a body of 5 bytes")
}

func TestNewRequest(t *testing.T) {
	r := downloadtest.NewRequest(t, "/u/{user}/{path...}", "/u/me/a%20b/c", "Range", "bytes=0-1", "Cookie", "a=b")
	native := r.Native.(*http.Request)
	if r.Param("user") != "me" || r.Param("path") != "a b/c" || r.Range != "bytes=0-1" || native.Header.Get("Cookie") != "a=b" {
		t.Errorf("user %q, path %q, range %q, cookie %q", r.Param("user"), r.Param("path"), r.Range, native.Header.Get("Cookie"))
	}
	fails(t, func(t testing.TB) { downloadtest.NewRequest(t, "/u/{user}", "/x") }, `"/x" does not come to pattern "/u/{user}"`)
	fails(t, func(t testing.TB) { downloadtest.NewRequest(t, "u", "/x") }, "starts with")
	fails(t, func(t testing.TB) { downloadtest.NewRequest(t, "/{user}", "/x", "Range") }, "each name with a value")
}

func TestTempStore(t *testing.T) {
	dir := ""
	t.Run("", func(t *testing.T) {
		store := downloadtest.TempStore(t, "files", map[string]string{"sub/a.txt": "a"})
		dir, _ = store.LocalPath("")
		if m, err := store.Stat(t.Context(), "sub/a.txt"); err != nil || m.Size != 1 || store.Name() != "files" {
			t.Errorf("%+v, %v in store %q", m, err, store.Name())
		}
	})
	if d := http.Dir(dir); dir == "" {
		t.Error("the store has no folder")
	} else if _, err := d.Open("sub/a.txt"); err == nil {
		t.Error("the folder is still there")
	}
	fails(t, func(t testing.TB) { downloadtest.TempStore(t, "files", map[string]string{"../a": ""}) }, `key "../a"`)
}
