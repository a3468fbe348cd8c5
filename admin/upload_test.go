package admin_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
	"github.com/downlink-go/downlink/test/need"
)

// create begins an upload by tus and returns its path. meta are names and values in
// turn.
func (b *browser) create(size int, meta ...string) answer {
	b.t.Helper()
	r := b.tus("POST", "/admin/uploads/", nil)
	r.Header.Set("Upload-Length", strconv.Itoa(size))
	var pairs []string
	for i := 0; i+1 < len(meta); i += 2 {
		pairs = append(pairs, meta[i]+" "+base64.StdEncoding.EncodeToString([]byte(meta[i+1])))
	}
	r.Header.Set("Upload-Metadata", strings.Join(pairs, ","))
	return b.send(r)
}

func (b *browser) tus(method, path string, body io.Reader) *http.Request {
	r := b.request(method, path, body)
	r.Header.Set("Tus-Resumable", "1.0.0")
	return r
}

// location is the path of the upload that an answer began.
func (b *browser) location(a answer) string {
	b.t.Helper()
	b.want(a, http.StatusCreated)
	return strings.TrimPrefix(a.Header.Get("Location"), b.site.URL)
}

func (b *browser) patch(path string, offset int, part []byte) answer {
	b.t.Helper()
	r := b.tus("PATCH", path, bytes.NewReader(part))
	r.Header.Set("Content-Type", "application/offset+octet-stream")
	r.Header.Set("Upload-Offset", strconv.Itoa(offset))
	return b.send(r)
}

// upload uploads a file whole and returns the slug of its item.
func (b *browser) upload(content []byte, meta ...string) string {
	b.t.Helper()
	got := b.patch(b.location(b.create(len(content), meta...)), 0, content)
	b.want(got, http.StatusNoContent)
	return path.Base(got.Header.Get("Downlink-Item"))
}

// keys are those of all objects of the store.
func (s *site) keys(t testing.TB) (keys []string) {
	t.Helper()
	err := s.files.List(context.Background(), "", func(e storage.Entry) bool { keys = append(keys, e.Key); return true })
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// all are the items of the catalogue.
func (s *site) all(t testing.TB) (all []catalog.Item) {
	t.Helper()
	err := s.items.List(context.Background(), "", func(it catalog.Item) bool { all = append(all, it); return true })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (s *site) item(t testing.TB, slug string) catalog.Item {
	t.Helper()
	it, err := s.items.Item(context.Background(), slug)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// content is what a file of the store holds.
func (s *site) content(t testing.TB, key string) []byte {
	t.Helper()
	o, err := s.files.Open(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	r, err := o.Section(context.Background(), core.Span{Length: o.Metadata().Size})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(io.LimitReader(r, o.Metadata().Size))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}

var generatedKey = regexp.MustCompile(`^uploads/[a-z2-7]{2}/[a-z2-7]{26}$`)

func TestAnUploadInPartsBecomesADraft(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	content := bytes.Repeat([]byte("0123456789"), 10_000)
	at := b.location(b.create(len(content), "filename", "Printer manual.pdf"))
	for offset := 0; offset < len(content); offset += 25_000 {
		if keys, all := s.keys(t), s.all(t); len(keys)+len(all) > 0 {
			t.Fatalf("after %d bytes there are %v and %v", offset, keys, all)
		}
		head := b.send(b.tus("HEAD", at, nil))
		if got := head.Header.Get("Upload-Offset"); got != strconv.Itoa(offset) {
			t.Fatalf("offset %s, want %d", got, offset)
		}
		b.want(b.patch(at, offset, content[offset:offset+25_000]), http.StatusNoContent)
	}
	it := s.item(t, "printer-manual")
	if it.Title != "Printer manual" || it.Name != "Printer manual.pdf" || !it.Draft || !it.Visible || it.Size != int64(len(content)) || it.SHA256 != sum(content) {
		t.Errorf("item %+v", it)
	}
	if !generatedKey.MatchString(it.Key) || !bytes.Equal(s.content(t, it.Key), content) {
		t.Errorf("key %q", it.Key)
	}
	b.want(b.send(b.tus("HEAD", at, nil)), http.StatusNotFound)
	again := b.post(at)
	b.want(again, http.StatusNoContent)
	if got := again.Header.Get("Downlink-Item"); got != "/admin/item/printer-manual" {
		t.Errorf("item of the upload: %q", got)
	}
	if got := b.upload([]byte("other"), "filename", "printer manual.txt"); !strings.HasPrefix(got, "printer-manual-") {
		t.Errorf("slug of another file of the same name: %q", got)
	}
	if left, err := filepath.Glob(s.uploads + "/*"); len(left) != 2 || err != nil { // what became of both
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A connection that is cut leaves what arrived, and the upload goes on from there.
func TestAnUploadGoesOnAfterACut(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	at := b.location(b.create(len(content), "filename", "a.bin"))
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "PATCH %s HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: %d\r\n\r\n",
		at, b.Jar.Cookies(b.request("GET", "/admin/", nil).URL)[0], len(content))
	if _, err := c.Write(content[:len(content)/2]); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, func() bool { // who asks sooner interrupts what is on its way
		info, err := os.Stat(filepath.Join(s.uploads, path.Base(at)))
		return err == nil && info.Size() == int64(len(content)/2)
	})
	c.Close()
	offset, err := strconv.Atoi(b.send(b.tus("HEAD", at, nil)).Header.Get("Upload-Offset"))
	if offset != len(content)/2 || err != nil {
		t.Fatalf("offset %d, %v", offset, err)
	}
	b.want(b.patch(at, offset, content[offset:]), http.StatusNoContent)
	if it := s.item(t, "a"); it.SHA256 != sum(content) {
		t.Errorf("item %+v", it)
	}
}

func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what was waited for did not happen within 10 s")
		}
	}
}

// form is a form with files as browsers send it: pairs of names and values, where a
// name "file=NAME" is a file.
func form(t testing.TB, pairs ...string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		var part io.Writer
		var err error
		if name, isFile := strings.CutPrefix(pairs[i], "file="); isFile {
			h := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + strings.ReplaceAll(name, `"`, "%22") + `"`}}
			part, err = w.CreatePart(h)
		} else {
			part, err = w.CreateFormField(pairs[i])
		}
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, pairs[i+1])
	}
	w.Close()
	return w.FormDataContentType(), b.Bytes()
}

func (b *browser) sendForm(pairs ...string) answer {
	b.t.Helper()
	contentType, body := form(b.t, pairs...)
	r := b.request("POST", "/admin/upload", bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return b.send(r)
}

func TestAFormWithoutJavaScript(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	got := b.sendForm("file=a.txt", "hello")
	b.want(got, http.StatusSeeOther)
	if at := got.Header.Get("Location"); at != "/admin/item/a" || s.item(t, "a").SHA256 != sum([]byte("hello")) {
		t.Errorf("sent to %q, %+v", at, s.all(t))
	}
	got = b.sendForm("file=b.txt", "b", "file=c.txt", "c", "other", "x")
	if at := got.Header.Get("Location"); at != "/admin/" || len(s.all(t)) != 3 {
		t.Errorf("sent to %q, %d items", at, len(s.all(t)))
	}
	if at := b.sendForm("file=", "").Header.Get("Location"); at != "/admin/upload" {
		t.Errorf("without a file sent to %q", at)
	}
}

// At the limit a file is taken; one byte more is 413 and leaves nothing.
func TestUploadLimits(t *testing.T) {
	const limit = 100_000
	s := start(t, func(o *admin.Options) { o.MaxUpload = limit })
	b := s.anna(t)
	full := strings.Repeat("x", limit)
	b.want(b.create(limit+1, "filename", "a"), http.StatusRequestEntityTooLarge)
	b.want(b.sendForm("file=a", full+"x"), http.StatusRequestEntityTooLarge)
	chunked := func(content string) answer {
		contentType, body := form(t, "file=a", content)
		r := b.request("POST", "/admin/upload", io.MultiReader(bytes.NewReader(body))) // no length
		r.Header.Set("Content-Type", contentType)
		return b.send(r)
	}
	b.want(chunked(full+"x"), http.StatusRequestEntityTooLarge)
	if keys, all := s.keys(t), s.all(t); len(keys)+len(all) > 0 {
		t.Errorf("a file that was too large left %v and %v", keys, all)
	}
	at := b.location(b.create(limit, "filename", "a"))
	if got := b.patch(at, 0, []byte(full+"x")).StatusCode; got != http.StatusRequestEntityTooLarge {
		t.Errorf("more bytes than were announced: %d", got)
	}
	b.want(b.patch(at, 0, []byte(full)), http.StatusNoContent)
	b.want(b.sendForm("file=b", full), http.StatusSeeOther)
	b.want(chunked(full), http.StatusSeeOther)
}

func TestOddForms(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	many := make([]string, 0, 2000)
	for range 1000 {
		many = append(many, "x", "y")
	}
	send := func(contentType, body string) int {
		r := b.request("POST", "/admin/upload", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		return b.send(r).StatusCode
	}
	const boundary = "multipart/form-data; boundary=b"
	long := strings.Repeat("x", 1<<20)
	for what, c := range map[string]struct {
		got, want int
	}{
		"a thousand parts":        {b.sendForm(many...).StatusCode, 413},
		"a long value":            {b.sendForm("item", long).StatusCode, 413},
		"a long preamble":         {send(boundary, long+"\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n--b--\r\n"), 413},
		"a long field of a part":  {send(boundary, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\nX: "+long+"\r\n\r\nx\r\n--b--\r\n"), 413},
		"many fields of a part":   {send(boundary, "--b\r\n"+strings.Repeat("X: y\r\n", 50_000)+"\r\nx\r\n--b--\r\n"), 413},
		"a form that breaks off":  {send(boundary, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx"), 400},
		"no boundary":             {send("multipart/form-data", "x"), 400},
		"no form":                 {send("text/plain", "x"), 400},
		"an item that is not":     {b.sendForm("item", "none", "file=a", "x").StatusCode, 404},
		"a version that can't be": {b.sendForm("item", "../x", "version", "1", "file=a", "x").StatusCode, 404},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", what, c.got, c.want)
		}
	}
	if keys, all := s.keys(t), s.all(t); len(keys)+len(all) > 0 {
		t.Errorf("left behind: %v and %v", keys, all)
	}
}

// zeros is a file of that many bytes that nobody has to keep.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestAFormIsNotKeptInMemory(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	const size = 128 << 20
	head := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n"
	body := io.MultiReader(strings.NewReader(head), io.LimitReader(zeros{}, size), strings.NewReader("\r\n--b--\r\n"))
	r := b.request("POST", "/admin/upload", body)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.want(b.send(r), http.StatusSeeOther)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
		t.Errorf("%d bytes were allocated for a file of %d", got, size)
	}
	if it := s.item(t, "a"); it.Size != size {
		t.Errorf("size %d", it.Size)
	}
}

// Nothing of a user's name is in a key, and what is shown of it can do no harm.
func TestNamesOfUploads(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	for name, want := range map[string]string{
		"../../etc/passwd": ".._.._etc_passwd", ".htaccess": ".htaccess", "photo\u202egnp.exe": "photognp.exe", "shell.php.jpg": "shell.php.jpg", "a\r\nSet-Cookie: x": "a__Set-Cookie: x",
		"CON": "CON", "nul\x00.txt": "nul_.txt", strings.Repeat("ä", 200) + ".pdf": "", "": "download", `C:\x\y.txt`: "C:_x_y.txt", "<script>.html": "<script>.html",
	} {
		it := s.item(t, b.upload([]byte("x"), "filename", name))
		if it.Name != want && want != "" || !generatedKey.MatchString(it.Key) || len(it.Name) > 255 {
			t.Errorf("%q is called %q at %q", name, it.Name, it.Key)
		}
	}
}

func TestTypesOfUploads(t *testing.T) {
	const png = "\x89PNG\r\n\x1a\n"
	s := start(t, nil)
	b := s.anna(t)
	for name, c := range map[string]struct{ content, want string }{
		"a.png": {png, "image/png"}, "b.png": {"<html><script>alert(1)</script>", "application/octet-stream"}, "c.pdf": {"%PDF-1.7", "application/pdf"},
		"d.pdf": {png, "application/octet-stream"}, "e.txt": {"<html>", "text/plain"}, "f": {png, "image/png"}, "g": {"<html>", "application/octet-stream"},
		"h.html": {"x", "text/html"}, "i.svg": {png, "image/svg+xml"}, "j.tar.gz": {"x", "application/gzip"}, "k.mp3": {"\xff\xfb\x90", "audio/mpeg"}, "l.jpg.exe": {"MZ", "application/x-msdownload"},
	} {
		if it := s.item(t, b.upload([]byte(c.content), "filename", name)); !strings.HasPrefix(it.MediaType, c.want) {
			t.Errorf("%s: %q, want %q", name, it.MediaType, c.want)
		}
	}
}

// A picture that is more than one must not run as anything else.
func TestPicturesOfThePages(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug := b.upload([]byte("x"), "filename", "a.txt")
	b.upload([]byte("\x89PNG\r\n\x1a\n<script>"), "filename", "p.png", "item", slug, "field", "image")
	got := b.get("/admin/item/" + slug + "/picture").Header
	if got.Get("Content-Type") != "image/png" || got.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(got.Get("Content-Security-Policy"), "sandbox;") {
		t.Errorf("fields of a picture: %v", got)
	}
}

func TestUploadsNeedALogIn(t *testing.T) {
	s := start(t, nil)
	anna := s.anna(t)
	at := anna.location(anna.create(3, "filename", "a"))
	eve := s.browser(t)
	for what, got := range map[string]answer{
		"create": eve.create(3, "filename", "b"), "head": eve.send(eve.tus("HEAD", at, nil)), "patch": eve.patch(at, 0, []byte("abc")),
		"delete": eve.send(eve.tus("DELETE", at, nil)), "finish": eve.post(at), "form": eve.sendForm("file=a", "x"),
	} {
		if got.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", what, got.StatusCode)
		}
	}
	r := anna.tus("PATCH", at, strings.NewReader("abc"))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	anna.want(anna.send(r), http.StatusForbidden)
	anna.want(anna.patch(at, 0, []byte("abc")), http.StatusNoContent)
}

func TestUploadsThatAreNone(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	outside := filepath.Join(filepath.Dir(s.uploads), "canary.info")
	if err := os.WriteFile(outside, []byte(`{"ID":"canary","Size":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"x", "..%2fcanary", "../canary", "%2e%2e/canary", strings.Repeat("a", 26), strings.Repeat("A", 26), "a%00b"} {
		for _, method := range []string{"HEAD", "PATCH", "DELETE", "POST", "GET"} {
			r := b.tus(method, "/admin/uploads/"+id, nil)
			r.Header.Set("Upload-Offset", "0")
			r.Header.Set("Content-Type", "application/offset+octet-stream")
			if got := b.send(r); got.StatusCode < 300 || got.StatusCode >= 500 {
				t.Errorf("%s %s: %d", method, id, got.StatusCode)
			}
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
	at := b.location(b.create(3, "filename", "a"))
	b.want(b.send(b.tus("GET", at, nil)), http.StatusMethodNotAllowed)
	b.want(b.post(at), http.StatusConflict) // it is not whole
	b.want(b.send(b.tus("DELETE", at, nil)), http.StatusNoContent)
	b.want(b.send(b.tus("HEAD", at, nil)), http.StatusNotFound)
}

func TestUploadsIntoAnItem(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug := b.upload([]byte("one"), "filename", "a.txt")
	first := s.item(t, slug)
	b.upload([]byte("two"), "filename", "b.txt", "item", slug)
	second := s.item(t, slug)
	if second.Name != "b.txt" || second.SHA256 != sum([]byte("two")) || second.Title != "a" {
		t.Errorf("after a replacement: %+v", second)
	}
	if keys := s.keys(t); len(keys) != 1 || keys[0] != second.Key || first.Key == second.Key {
		t.Errorf("after a replacement there are %v", keys)
	}
	b.upload([]byte("\x89PNG\r\n\x1a\n"), "filename", "p.png", "item", slug, "field", "image")
	if f, ok := s.item(t, slug).Files["image"]; !ok || f.MediaType != "image/png" {
		t.Errorf("picture %+v", f)
	}
	at := b.location(b.create(4, "filename", "p.png", "item", slug, "field", "image"))
	b.want(b.patch(at, 0, []byte("MZxx")), http.StatusUnsupportedMediaType)
	b.want(b.create(3, "filename", "a", "item", "none"), http.StatusNotFound)
	b.want(b.create(3, "filename", "a", "item", slug, "field", "a/b"), http.StatusUnprocessableEntity)

	b.upload([]byte("three"), "filename", "c.txt", "item", slug, "version", "1.0")
	b.upload([]byte("four"), "filename", "d.txt", "item", slug, "version", "2.0")
	it := s.item(t, slug)
	if it.Version != "2.0" || it.SHA256 != sum([]byte("four")) || len(it.Versions) != 1 || it.Versions[0].Name != "1.0" || it.Versions[0].SHA256 != sum([]byte("three")) {
		t.Errorf("with versions: %+v", it)
	}
	if !bytes.Equal(s.content(t, it.Versions[0].Key), []byte("three")) {
		t.Error("the older version's file is gone")
	}
}

// An upload whose item was deleted meanwhile is not lost.
func TestAnUploadIntoAnItemThatIsGone(t *testing.T) {
	s := start(t, nil)
	b := s.anna(t)
	slug := b.upload([]byte("one"), "filename", "a.txt")
	at := b.location(b.create(3, "filename", "b.txt", "item", slug))
	if err := s.items.Delete(t.Context(), slug); err != nil {
		t.Fatal(err)
	}
	b.want(b.patch(at, 0, []byte("two")), http.StatusNoContent)
	if it := s.item(t, "b"); !it.Draft || it.SHA256 != sum([]byte("two")) {
		t.Errorf("%+v", it)
	}
}

// failing is a store that cannot save for some time.
type failing struct {
	*dirstore.Store
	err *error
}

func (f failing) Save(ctx context.Context, key string, r io.Reader) (m core.Metadata, err error) {
	if *f.err != nil {
		return m, *f.err
	}
	return f.Store.Save(ctx, key, r)
}

// startFailing starts an admin whose store cannot save while there is an error.
func startFailing(t *testing.T, err *error) *site {
	t.Helper()
	dir, opening := dirstore.Open(t.TempDir())
	if opening != nil {
		t.Fatal(opening)
	}
	t.Cleanup(func() { dir.Close() })
	return start(t, func(o *admin.Options) { o.Store = storage.New("files", failing{dir, err}) })
}

func TestAStoreThatCannotSaveNow(t *testing.T) {
	broken := storage.ErrUnavailable
	s := startFailing(t, &broken)
	b := s.anna(t)
	at := b.location(b.create(3, "filename", "a.txt"))
	b.want(b.patch(at, 0, []byte("abc")), http.StatusServiceUnavailable)
	b.want(b.sendForm("file=f", "x"), http.StatusServiceUnavailable)
	b.want(b.post(at), http.StatusServiceUnavailable)
	broken = syscall.ENOSPC
	b.want(b.post(at), http.StatusInsufficientStorage)
	b.want(b.sendForm("file=f", "x"), http.StatusInsufficientStorage)
	if all := s.all(t); len(all) > 0 {
		t.Errorf("there are %v", all)
	}
	broken = nil
	b.want(b.post(at), http.StatusNoContent)
	if it := s.item(t, "a"); it.SHA256 != sum([]byte("abc")) {
		t.Errorf("%+v", it)
	}
}

// What was whole when the process ended is put into its place by the next one, and
// what nobody goes on with is removed.
func TestSweep(t *testing.T) {
	broken := storage.ErrUnavailable
	s := startFailing(t, &broken)
	b := s.anna(t)
	whole := b.location(b.create(3, "filename", "whole.txt"))
	b.want(b.patch(whole, 0, []byte("abc")), http.StatusServiceUnavailable)
	going, old := b.location(b.create(3, "filename", "going.txt")), b.location(b.create(3, "filename", "old.txt"))
	long := time.Now().Add(-100 * time.Hour)
	for _, suffix := range []string{"", ".info"} {
		if err := os.Chtimes(filepath.Join(s.uploads, path.Base(old)+suffix), long, long); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.admin.Sweep(t.Context()); err == nil {
		t.Error("a store that cannot save is no error")
	}
	broken = nil
	if err := s.admin.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if it := s.item(t, "whole"); it.SHA256 != sum([]byte("abc")) {
		t.Errorf("%+v", it)
	}
	b.want(b.send(b.tus("HEAD", going, nil)), http.StatusOK)
	b.want(b.send(b.tus("HEAD", old, nil)), http.StatusNotFound)
	if left, err := filepath.Glob(s.uploads + "/*"); len(left) != 3 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}

// A disk without room is 507, and nothing stays.
func TestADiskThatIsFull(t *testing.T) {
	small := t.TempDir()
	err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=1m")
	need.That(t, err == nil, "the right to mount a small file system")
	t.Cleanup(func() {
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	dir, err := dirstore.Open(small)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	content := make([]byte, 4<<20)
	onFull := start(t, func(o *admin.Options) { o.Uploads = filepath.Join(small, "u") }).anna(t)
	at := onFull.location(onFull.create(len(content), "filename", "a"))
	onFull.want(onFull.patch(at, 0, content), http.StatusInsufficientStorage)
	onFull.want(onFull.send(onFull.tus("HEAD", at, nil)), http.StatusNotFound)
	toFull := start(t, func(o *admin.Options) { o.Store = storage.New("files", dir) }).anna(t)
	toFull.want(toFull.sendForm("file=a", string(content)), http.StatusInsufficientStorage)
	left := 0
	err = filepath.WalkDir(small, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left++
		}
		return err
	})
	if left > 0 || err != nil {
		t.Errorf("%d files are left, %v", left, err)
	}
}
