package worker_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/workers"
	"github.com/downlink-go/downlink/adapters/workers/wire"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/test/worker"
)

// downloads is the site that the tests of downloads serve.
var downloads = workers.Site{
	Site: wire.Site{Routes: []core.Route{
		{Pattern: "/files/{path...}", Lookup: core.Object, Source: "files"},
		{Pattern: "/d/{slug}", Lookup: core.Item},
		{Pattern: "/d/{slug}/{field}", Lookup: core.Item, Field: "{field}"},
		{Pattern: "/fault/{path...}", Lookup: core.Object, Source: "files"},
	}},
	Stores:  map[string]string{"files": "FILES"},
	Catalog: "DB",
	Resume:  time.Hour,
}

// startDownloads runs the Worker in the harness of testdata/harness.mjs. more are
// modules in place of ours.
func startDownloads(t *testing.T, objects []worker.Object, more map[string]string) *worker.Worker {
	t.Helper()
	harness, err := os.ReadFile("testdata/harness.mjs")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"harness.mjs": string(harness)}
	for name, text := range more {
		all[name] = text
	}
	return worker.Run(t, worker.Setup{Dir: worker.Modules(t, downloads, all), Entry: "harness.mjs", Objects: objects})
}

// get asks workerd itself, and reads the whole answer.
func get(t *testing.T, w *worker.Worker, method, path string, fields ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+w.Addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp, body
}

// logged waits until the answer's request id is in the log.
func logged(t *testing.T, w *worker.Worker, resp *http.Response) {
	t.Helper()
	id := resp.Header.Get("X-Request-Id")
	for deadline := time.Now().Add(30 * time.Second); id == "" || !strings.Contains(w.Log(), id); time.Sleep(10 * time.Millisecond) {
		if id == "" || time.Now().After(deadline) {
			t.Errorf("the id %q is not in the log", id)
			return
		}
	}
}

// look is what the harness has seen since the last look.
type look struct {
	Operations []string
	Memory     int64 // bytes of the module's linear memory
	Found      int
}

func lookInto(t *testing.T, w *worker.Worker, search string) (l look) {
	t.Helper()
	_, body := get(t, w, "GET", "/test/look?search="+search)
	if err := json.Unmarshal(body, &l); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return l
}

// TestX3_OperationsOnR2: a usual download is one operation.
func TestX3_OperationsOnR2(t *testing.T) {
	w := startDownloads(t, nil, nil)
	w.Put("a.txt", []byte(strings.Repeat("0123456789", 10)), nil)
	resp, _ := get(t, w, "HEAD", "/files/a.txt")
	etag, date := resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")
	lookInto(t, w, "")
	for _, test := range []struct {
		name, method string
		fields       []string
		status       int
		body         string
		operations   string
	}{
		{"whole", "GET", nil, 200, strings.Repeat("0123456789", 10), "get"},
		{"HEAD", "HEAD", nil, 200, "", "head"},
		{"one range", "GET", []string{"Range", "bytes=5-9"}, 206, "56789", "get"},
		{"the rest", "GET", []string{"Range", "bytes=95-"}, 206, "56789", "get"},
		{"more than there is", "GET", []string{"Range", "bytes=95-2000"}, 206, "56789", "get"},
		{"resumed", "GET", []string{"Range", "bytes=95-", "If-Range", etag}, 206, "56789", "get"},
		{"resumed, changed", "GET", []string{"Range", "bytes=95-", "If-Range", `"x"`}, 200, strings.Repeat("0123456789", 10), "get get"},
		{"last bytes", "GET", []string{"Range", "bytes=-5"}, 206, "56789", "head get"},
		{"past the end", "GET", []string{"Range", "bytes=100-"}, 416, "Range not satisfiable: the file has no such bytes.\n", "get head"},
		{"not modified", "GET", []string{"If-None-Match", etag}, 304, "", "head"},
		{"not modified since", "GET", []string{"If-Modified-Since", date}, 304, "", "head"},
		{"modified", "GET", []string{"If-None-Match", `"x"`}, 200, strings.Repeat("0123456789", 10), "head get"},
		{"missing", "GET", nil, 404, "Not found: there is no such file here.\n", "get"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := "/files/a.txt"
			if test.name == "missing" {
				path = "/files/none.txt"
			}
			resp, body := get(t, w, test.method, path, test.fields...)
			if resp.StatusCode != test.status || string(body) != test.body {
				t.Errorf("got %d %q, want %d %q", resp.StatusCode, body, test.status, test.body)
			}
			if got := strings.Join(lookInto(t, w, "").Operations, " "); got != test.operations {
				t.Errorf("operations on R2: %q, want %q", got, test.operations)
			}
		})
	}
}

// TestR4_MetadataOfR2: R2's own validators and what was said at the upload.
func TestR4_MetadataOfR2(t *testing.T) {
	w := startDownloads(t, nil, nil)
	before := time.Now().Truncate(time.Second)
	w.Put("a", []byte("x"), map[string]string{"contentType": "text/plain; charset=koi8-r", "contentEncoding": "gzip"})
	resp, body := get(t, w, "GET", "/files/a", "Accept-Encoding", "gzip")
	uploaded, err := http.ParseTime(resp.Header.Get("Last-Modified"))
	if err != nil || uploaded.Before(before) || uploaded.After(time.Now()) {
		t.Errorf("Last-Modified %q, want the time of the upload, about %v", resp.Header.Get("Last-Modified"), before)
	}
	for name, want := range map[string]string{
		"ETag": `"9dd4e461268c8034f5c8564e155c67a6"`, "Content-Type": "text/plain; charset=koi8-r", "Content-Encoding": "gzip", "Content-Length": "1",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if string(body) != "x" {
		t.Errorf("body %q: the stored bytes go out as they are", body)
	}
}

// TestX3_HotFiles: what is remembered of a file that is asked for again is never given to
// another request, and not to another version.
func TestX3_HotFiles(t *testing.T) {
	w := startDownloads(t, nil, nil)
	for _, content := range []string{"first version", "second", "the third and last version"} {
		w.Put("hot.txt", []byte(content), map[string]string{"contentType": "text/x-" + content[:3]})
		var first http.Header
		for n := range 4 {
			resp, body := get(t, w, "GET", "/files/hot.txt")
			if resp.StatusCode != 200 || string(body) != content || resp.ContentLength != int64(len(content)) {
				t.Errorf("request %d: got %d %q", n, resp.StatusCode, body)
			}
			if first == nil {
				first = resp.Header
			}
			if got, want := resp.Header.Get("Content-Type"), "text/x-"+content[:3]+"; charset=utf-8"; got != want || resp.Header.Get("ETag") != first.Get("ETag") {
				t.Errorf("request %d: Content-Type %q, want %q; ETag %q", n, got, want, resp.Header.Get("ETag"))
			}
			for _, other := range []struct {
				method string
				fields []string
				status int
				body   string
			}{
				{"GET", []string{"If-None-Match", first.Get("ETag")}, 304, ""},
				{"GET", []string{"If-Match", `"x"`}, 412, "Precondition failed: the file is not the one you asked for.\n"},
				{"GET", []string{"Range", "bytes=1-2"}, 206, content[1:3]},
				{"HEAD", nil, 200, ""},
				{"PUT", nil, 405, "Method not allowed: use GET or HEAD.\n"},
			} {
				if resp, body := get(t, w, other.method, "/files/hot.txt", other.fields...); resp.StatusCode != other.status || string(body) != other.body {
					t.Errorf("%s %q: got %d %q, want %d %q", other.method, other.fields, resp.StatusCode, body, other.status, other.body)
				}
			}
		}
	}
}

func TestR4_ItemsInD1(t *testing.T) {
	w := startDownloads(t, nil, nil)
	w.Put("dir/ü.bin", []byte("own"), nil)
	w.Put("thumb.png", []byte("further"), nil)
	// name and key as bytes, as Downlink writes them, and as text, as people do.
	w.Query("INSERT INTO items (slug, store, key, name, etag, modified, size, inline, media_type, charset) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"blob", "files", []byte("dir/ü.bin"), []byte("na\xffme.txt"), `"hash"`, 1_500_000_000_000, 3, 1, "text/plain", "latin1")
	w.Query("INSERT INTO items (slug, store, key, name) VALUES ('text', 'files', 'dir/ü.bin', 'name ü.txt')")
	w.Query("INSERT INTO files (slug, field, store, key) VALUES ('text', 'thumb', 'files', 'thumb.png')")
	w.Query("INSERT INTO items (slug, store, key) VALUES ('not-text', 'files', ?)", []byte("\xff"))
	w.Query("INSERT INTO items (slug, store, key, size) VALUES ('other-size', 'files', 'dir/ü.bin', 4)")
	w.Query("INSERT INTO items (slug, store, key) VALUES ('elsewhere', 'attic', 'dir/ü.bin')")
	w.Query("INSERT INTO items (slug, store, key, version, sha256) VALUES ('versions', 'files', 'dir/ü.bin', '2', ?)", strings.Repeat("0f", 32))
	w.Query("INSERT INTO files (slug, field, store, key, place, sha256) VALUES ('versions', '@1', 'files', 'thumb.png', 1, ?)", strings.Repeat("1e", 32))
	w.Query("INSERT INTO items (slug, store, key, expires) VALUES ('gone', 'files', 'no-such-object', 1000)")
	w.Query("INSERT INTO items (slug, store, key, draft) VALUES ('draft', 'attic', 'no-such-object', TRUE)")
	soon := time.Now().Add(5 * time.Second)
	w.Query("INSERT INTO items (slug, store, key, expires) VALUES ('going', 'files', 'thumb.png', ?)", soon.UnixMilli())
	for _, test := range []struct {
		path   string
		status int
		body   string
		fields map[string]string
	}{
		{"/d/versions/@2", 200, "own", map[string]string{
			"ETag": `"` + strings.Repeat("0f", 32) + `"`, "Repr-Digest": "sha-256=:" + strings.Repeat("Dw8P", 10) + "Dw8=:",
		}},
		{"/d/versions/@1", 200, "further", map[string]string{"ETag": `"` + strings.Repeat("1e", 32) + `"`}},
		{"/d/versions/@", 404, "", nil},
		{"/d/text/@", 404, "", nil},
		{"/d/versions/@3", 404, "", nil},
		{"/d/gone", 410, "", nil},
		{"/d/draft", 404, "", nil},
		{"/d/going", 200, "further", nil},
		{"/d/going", 200, "further", nil},
		{"/d/blob", 200, "own", map[string]string{
			"Content-Disposition": `inline; filename="na_me.txt"; filename*=UTF-8''na%EF%BF%BDme.txt`,
			"ETag":                `"hash"`, "Last-Modified": "Fri, 14 Jul 2017 02:40:00 GMT", "Content-Type": "text/plain; charset=latin1",
			"Repr-Digest": "",
		}},
		{"/d/text", 200, "own", map[string]string{"Content-Disposition": `attachment; filename="name _.txt"; filename*=UTF-8''name%20%C3%BC.txt`}},
		{"/d/text/file", 200, "own", nil},
		{"/d/text/thumb", 200, "further", map[string]string{"Content-Type": "image/png"}},
		{"/d/text/none", 404, "", nil},
		{"/d/none", 404, "", nil},
		{"/d/not-text", 404, "", nil},
		{"/d/elsewhere", 404, "", nil},
		{"/d/other-size", 503, "", nil},
	} {
		resp, body := get(t, w, "GET", test.path)
		if resp.StatusCode != test.status || test.status == 200 && string(body) != test.body {
			t.Errorf("%s: got %d %q, want %d %q", test.path, resp.StatusCode, body, test.status, test.body)
		}
		for name, want := range test.fields {
			if got := resp.Header.Get(name); got != want && !(name == "Content-Disposition" && strings.HasPrefix(want, "inline; filename=\"na_") && strings.HasPrefix(got, "inline; filename=\"na")) {
				t.Errorf("%s: %s is %q, want %q", test.path, name, got, want)
			}
		}
	}
	// What was asked for a moment ago goes at its time all the same.
	time.Sleep(time.Until(soon.Add(time.Millisecond)))
	if resp, _ := get(t, w, "GET", "/d/going"); resp.StatusCode != 410 {
		t.Errorf("an item that expired a moment ago: %d, want 410", resp.StatusCode)
	}
	// An item is remembered for some seconds, then looked up again.
	w.Query("UPDATE items SET name = 'new.txt' WHERE slug = 'text'")
	deadline := time.Now().Add(time.Minute)
	for {
		resp, _ := get(t, w, "GET", "/d/text")
		if resp.Header.Get("Content-Disposition") == `attachment; filename="new.txt"` {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("an edit does not show: %v", resp.Header)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// TestR4_FaultsOfR2AndD1: what fails once is tried again, what fails for good is 503,
// and no answer mixes two versions.
func TestR4_FaultsOfR2AndD1(t *testing.T) {
	w := startDownloads(t, nil, nil)
	for _, test := range []struct {
		fault, path string
		fields      []string
		status      int
		body        string // its beginning
	}{
		{"r2 fails once", "/files/a", nil, 200, "0123456789"},
		{"r2 fails twice", "/files/a", []string{"Range", "bytes=-3"}, 206, "789"},
		{"r2 is down", "/files/a", nil, 503, "Service unavailable"},
		{"r2 is down", "/files/a", []string{"Range", "bytes=0-1"}, 503, "Service unavailable"},
		{"d1 is down", "/d/down", nil, 503, "Service unavailable"},
		{"d1 is slow", "/d/slow", nil, 503, "Service unavailable"},
		{"changes once", "/files/a", []string{"If-None-Match", `"x"`}, 200, "another version"},
		{"changes once", "/files/a", []string{"Range", "bytes=-1"}, 206, ""},
		{"changes always", "/files/a", []string{"If-None-Match", `"x"`}, 503, "Service unavailable"},
		{"vanishes", "/files/a", []string{"If-None-Match", `"x"`}, 404, "Not found"},
	} {
		t.Run(test.fault+" "+fmt.Sprint(test.fields), func(t *testing.T) {
			w.Put("a", []byte("0123456789"), nil)
			began := time.Now()
			resp, body := get(t, w, "GET", test.path, append(test.fields, "X-Test-Fault", test.fault)...)
			if resp.StatusCode != test.status || !strings.HasPrefix(string(body), test.body) {
				t.Errorf("got %d %q, want %d %q", resp.StatusCode, body, test.status, test.body)
			}
			if resp.StatusCode != 503 {
				return
			}
			if resp.Header.Get("Retry-After") == "" || resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("fields of a 503: %v", resp.Header)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
			logged(t, w, resp)
		})
	}
}

// TestX3_FaultsOfTheModule: a panic is a 500 of one request; whatever leaves the
// instance in doubt costs one request and a new instance.
func TestX3_FaultsOfTheModule(t *testing.T) {
	file := filepath.Join(t.TempDir(), "core.wasm")
	worker.Core(t, file, "fault")
	module, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w := startDownloads(t, nil, map[string]string{"core.wasm": string(module)})
	w.Put("a.txt", []byte("whole"), nil)
	for _, fault := range []string{"panic", "nil", "exit", "wait", "stack", "memory"} {
		t.Run(fault, func(t *testing.T) {
			resp, body := get(t, w, "GET", "/fault/"+fault)
			if resp.StatusCode != 500 || string(body) != "Internal error: the request failed, and the cause was logged.\n" {
				t.Errorf("got %d %q", resp.StatusCode, body)
			}
			if resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("fields %v", resp.Header)
			}
			logged(t, w, resp)
			if resp, body := get(t, w, "GET", "/files/a.txt"); resp.StatusCode != 200 || string(body) != "whole" {
				t.Errorf("the next request: got %d %q", resp.StatusCode, body)
			}
		})
	}
}

// TestX3_InstantiationFails: an isolate without an instance answers 503 and recovers by
// itself.
func TestX3_InstantiationFails(t *testing.T) {
	text, err := os.ReadFile(shim + "/wasi.mjs")
	if err != nil {
		t.Fatal(err)
	}
	// The first three instances are refused: one at the start, one for each of two requests.
	broken := strings.Replace(string(text), "export function wasi(", "let refused = 0\nexport function wasi(...args) {\n"+
		"  if (refused++ < 3) throw new Error('no instance is to be had')\n  return imports(...args)\n}\nfunction imports(", 1)
	if broken == string(text) {
		t.Fatal("wasi.mjs has no function wasi")
	}
	w := startDownloads(t, nil, map[string]string{"wasi.mjs": broken})
	w.Put("a.txt", []byte("whole"), nil)
	for range 2 {
		resp, body := get(t, w, "GET", "/files/a.txt")
		if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "5" || !bytes.HasPrefix(body, []byte("Service unavailable")) {
			t.Errorf("got %d %v %q", resp.StatusCode, resp.Header, body)
		}
	}
	if resp, body := get(t, w, "GET", "/files/a.txt"); resp.StatusCode != 200 || string(body) != "whole" {
		t.Errorf("then: got %d %q, want the file", resp.StatusCode, body)
	}
}

// TestX3_NoBodyByteEntersWasm looks for a file's bytes in the module's memory.
func TestX3_NoBodyByteEntersWasm(t *testing.T) {
	w := startDownloads(t, nil, nil)
	const mark = "only-the-file-says-this"
	w.Put("marked.bin", bytes.Repeat([]byte(mark+"\n"), 4096), nil)
	w.Put(mark+"-key", []byte("x"), nil)
	for _, ranges := range []string{"", "bytes=10-200000", "bytes=0-9000,20000-30000"} {
		if resp, body := get(t, w, "GET", "/files/marked.bin", "Range", ranges); resp.StatusCode >= 300 || !bytes.Contains(body, []byte(mark)) {
			t.Fatalf("got %d and %d bytes", resp.StatusCode, len(body))
		}
	}
	if got := lookInto(t, w, mark).Found; got != 0 {
		t.Errorf("the file's bytes are %d times in the module's memory", got)
	}
	get(t, w, "GET", "/files/"+mark+"-key")
	if lookInto(t, w, mark).Found == 0 {
		t.Error("the key is not found there either: the search finds nothing")
	}
}

// gib is an object of one GiB, as large as the simulator's files can be sparse.
const gib = 1 << 30

func startBig(t *testing.T) *worker.Worker {
	t.Helper()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return startDownloads(t, []worker.Object{{Key: "big.iso", Path: empty, ETag: "big", Uploaded: 1, Size: gib}}, nil)
}

// TestX3_BigObject: the module's memory does not know how large a file is.
func TestX3_BigObject(t *testing.T) {
	w := startBig(t)
	get(t, w, "HEAD", "/files/big.iso")
	before := lookInto(t, w, "").Memory
	for _, test := range []struct {
		ranges string
		size   int64
	}{{"", gib}, {"bytes=1-", gib - 1}, {fmt.Sprintf("bytes=%d-", gib-10), 10}} {
		r, err := http.NewRequest("GET", "http://"+w.Addr+"/files/big.iso", nil)
		if err != nil {
			t.Fatal(err)
		}
		if test.ranges != "" {
			r.Header.Set("Range", test.ranges)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || n != test.size || resp.ContentLength != test.size {
			t.Errorf("%s: %d bytes, Content-Length %d, %v; want %d", test.ranges, n, resp.ContentLength, err, test.size)
		}
	}
	if after := lookInto(t, w, "").Memory; after != before || after > 8<<20 {
		t.Errorf("memory of the module: %d bytes before, %d after; want at most 8 MiB", before, after)
	}
}

// TestX3_AbortEndsTheStream: a client that goes away ends the read of R2, of the
// whole and of several ranges.
func TestX3_AbortEndsTheStream(t *testing.T) {
	w := startBig(t)
	for _, ranges := range []string{"", fmt.Sprintf("bytes=0-%d,%d-", gib/2, gib/2+2)} {
		var answers []*http.Response
		for range 5 {
			r, err := http.NewRequest("GET", "http://"+w.Addr+"/files/big.iso", nil)
			if err != nil {
				t.Fatal(err)
			}
			if ranges != "" {
				r.Header.Set("Range", ranges)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			answers = append(answers, resp)
			if _, err := io.CopyN(io.Discard, resp.Body, 1<<20); err != nil {
				t.Fatal(err)
			}
		}
		if n := w.OpenObjects(t); n != len(answers) {
			t.Errorf("%q: %d objects are being read, want %d", ranges, n, len(answers))
		}
		for _, resp := range answers {
			resp.Body.Close() // closes the connection: not all was read
		}
		for deadline := time.Now().Add(time.Minute); w.OpenObjects(t) > 0; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%q: %d objects are still being read", ranges, w.OpenObjects(t))
			}
		}
	}
	if resp, _ := get(t, w, "GET", "/files/big.iso", "Range", "bytes=0-9"); resp.StatusCode != 206 {
		t.Errorf("afterwards: got %d", resp.StatusCode)
	}
}
