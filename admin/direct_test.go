package admin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/s3store"
	"github.com/downlink-go/downlink/test/server"
)

// startDirect runs an admin whose uploads go straight to a bucket.
func startDirect(t *testing.T, change func(*admin.Options)) (*site, *server.S3) {
	t.Helper()
	gw := server.StartS3(t)
	bucket, err := s3store.New(s3store.Options{
		Bucket: gw.Bucket, Region: gw.Region, Endpoint: gw.Endpoint, PathStyle: true, Timeout: 20 * time.Second,
		Credentials: credentials.NewStaticCredentialsProvider(gw.Access, gw.Secret, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bucket.Close() })
	return start(t, func(o *admin.Options) {
		o.Store, o.Direct, o.Uploads = storage.New("files", bucket), true, ""
		if change != nil {
			change(o)
		}
	}), gw
}

// direct is what the admin says of an upload.
type direct struct {
	URL, Item string
	Part      int64
	Parts     int
	There     map[int]string
	Whole     bool
	etags     []string
	t         *testing.T
	b         *browser
	content   []byte
}

// direct begins an upload of a file.
func (b *browser) direct(t *testing.T, content []byte, pairs ...string) *direct {
	t.Helper()
	got := b.post("/admin/direct/", append([]string{"size", fmt.Sprint(len(content))}, pairs...)...)
	b.want(got, http.StatusCreated)
	d := &direct{t: t, b: b, content: content}
	if err := json.Unmarshal([]byte(got.body), d); err != nil {
		t.Fatal(err)
	}
	d.etags = make([]string, d.Parts)
	return d
}

// send sends parts to the store, by the URLs that the admin signs.
func (d *direct) send(numbers ...int) {
	d.t.Helper()
	var form []string
	for _, n := range numbers {
		form = append(form, "part", fmt.Sprint(n))
	}
	got := d.b.post(d.URL+"/parts", form...)
	d.b.want(got, http.StatusOK)
	urls := map[string]string{}
	if err := json.Unmarshal([]byte(got.body), &urls); err != nil {
		d.t.Fatal(err)
	}
	for _, n := range numbers {
		from := int64(n-1) * d.Part
		status, etag := put(d.t, urls[fmt.Sprint(n)], d.content[from:min(from+d.Part, int64(len(d.content)))])
		if status != http.StatusOK {
			d.t.Fatalf("part %d: status %d", n, status)
		}
		d.etags[n-1] = etag
	}
}

func put(t *testing.T, url string, data []byte) (status int, etag string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPut, url, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode, answer.Header.Get("ETag")
}

// there are the parts that the store has, as the admin says.
func (d *direct) there() string {
	d.t.Helper()
	got := d.b.get(d.URL)
	d.b.want(got, http.StatusOK)
	d.There, d.Item, d.Whole = nil, "", false
	if err := json.Unmarshal([]byte(got.body), d); err != nil {
		d.t.Fatal(err)
	}
	return fmt.Sprint(slices.Sorted(maps.Keys(d.There)))
}

// end asks for the upload to be finished.
func (d *direct) end() answer {
	d.t.Helper()
	var form []string
	for _, etag := range d.etags {
		form = append(form, "etag", etag)
	}
	return d.b.post(d.URL, form...)
}

// finish has the upload become an item, and returns its slug.
func (d *direct) finish() string {
	d.t.Helper()
	got := d.end()
	d.b.want(got, http.StatusNoContent)
	return path.Base(got.Header.Get("Downlink-Item"))
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

// nothingBegun wants no upload in the bucket that is not whole.
func nothingBegun(t *testing.T, gw *server.S3) {
	t.Helper()
	left, err := gw.Client().ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &gw.Bucket})
	if err != nil || len(left.Uploads) > 0 {
		t.Errorf("%v uploads are left, %v", left, err)
	}
}

func TestADirectUploadBecomesADraft(t *testing.T) {
	s, gw := startDirect(t, nil)
	b := s.anna(t)
	content := append([]byte("%PDF-1.7\n"), randomBytes(16<<20)...)
	d := b.direct(t, content, "name", "Printer \u202emanual.pdf")
	if d.Part != 8<<20 || d.Parts != 3 {
		t.Fatalf("%d parts of %d bytes", d.Parts, d.Part)
	}
	d.send(3, 1)
	if got := d.there(); got != "[1 3]" {
		t.Errorf("there are %s", got)
	}
	if got := d.end(); got.StatusCode != http.StatusConflict || len(s.all(t)) > 0 {
		t.Errorf("with a part missing: %d, %v", got.StatusCode, s.all(t))
	}
	d.send(2)
	d.etags[1], d.etags[2] = d.etags[2], d.etags[1]
	if got := d.end(); got.StatusCode != http.StatusConflict || len(s.all(t)) > 0 {
		t.Errorf("with a part that is another: %d, %v", got.StatusCode, s.all(t))
	}
	d.etags[1], d.etags[2] = d.etags[2], d.etags[1]
	slug := d.finish()
	it := s.item(t, slug)
	if !it.Draft || it.Name != "Printer manual.pdf" || it.MediaType != "application/pdf" || it.Size != int64(len(content)) || !generatedKey.MatchString(it.Key) {
		t.Errorf("item %+v", it)
	}
	if !bytes.Equal(s.content(t, it.Key), content) {
		t.Error("it has other bytes")
	}
	if d.there(); d.Item != "/admin/item/"+slug {
		t.Errorf("afterwards its item is %q", d.Item)
	}
	if again := d.finish(); again != slug || len(s.all(t)) != 1 {
		t.Errorf("finished again: %s, %v", again, s.all(t))
	}
	if got := b.post(d.URL+"/parts", "part", "1"); got.StatusCode != http.StatusBadRequest {
		t.Errorf("a part of what is done: %d", got.StatusCode)
	}
	nothingBegun(t, gw)
}

// TestADirectUploadIsNotLost: the answer to its end was, or the process ended before
// there was an item.
func TestADirectUploadIsNotLost(t *testing.T) {
	s, _ := startDirect(t, nil)
	b := s.anna(t)
	d := b.direct(t, []byte("hello"), "name", "a.txt")
	d.send(1)
	id := path.Base(d.URL)
	var noted struct{ Upload string }
	if err := json.Unmarshal(s.content(t, "uploads/unfinished/"+id), &noted); err != nil {
		t.Fatal(err)
	}
	key, up := "uploads/"+id[:2]+"/"+id, s.files.Uploads()
	parts, err := up.Parts(t.Context(), key, noted.Upload)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := up.Complete(t.Context(), key, noted.Upload, parts); err != nil {
		t.Fatal(err)
	}
	if d.there(); !d.Whole {
		t.Error("it is not known to be whole")
	}
	if it := s.item(t, d.finish()); it.Key != key || it.Size != 5 {
		t.Errorf("item %+v", it)
	}
}

func TestDirectUploadsIntoPlaces(t *testing.T) {
	s, _ := startDirect(t, nil)
	b := s.anna(t)
	empty := b.direct(t, nil, "name", "empty.txt")
	if got := empty.there(); got != "[]" {
		t.Errorf("of an empty file there are %s", got)
	}
	slug := empty.finish()
	if it := s.item(t, slug); len(s.content(t, it.Key)) > 0 {
		t.Errorf("item %+v", it)
	}
	png := append([]byte("\x89PNG\r\n\x1a\n"), randomBytes(100)...)
	picture := b.direct(t, png, "name", "p.png", "item", slug, "field", "image")
	picture.send(1)
	if got := picture.finish(); got != slug || s.item(t, slug).Files["image"].MediaType != "image/png" {
		t.Errorf("%s: %+v", got, s.item(t, slug))
	}
	none := b.direct(t, []byte("<html>"), "name", "p.png", "item", slug, "field", "image")
	none.send(1)
	before := len(s.keys(t))
	if got := none.end(); got.StatusCode != http.StatusUnsupportedMediaType || len(s.keys(t)) != before-1 { // the object had no key before
		t.Errorf("a picture that is none: %d; %v", got.StatusCode, s.keys(t))
	}
	spoofed := b.direct(t, []byte("<html><script>"), "name", "photo.jpg")
	spoofed.send(1)
	if it := s.item(t, spoofed.finish()); it.MediaType != "application/octet-stream" {
		t.Errorf("a page called photo.jpg is %s", it.MediaType)
	}
	kept := b.direct(t, []byte("new"), "name", "new.txt", "item", slug, "field", "file", "keep_name", "1")
	kept.send(1)
	if it := s.item(t, kept.finish()); it.Slug != slug || it.Name != "empty.txt" || it.Size != 3 {
		t.Errorf("under the name of before: %+v", it)
	}
}

func TestRefusedDirectUploads(t *testing.T) {
	s, gw := startDirect(t, func(o *admin.Options) { o.MaxUpload = 100 })
	stranger, b := s.browser(t), s.anna(t)
	for _, row := range []struct {
		name  string
		pairs []string
		want  int
	}{
		{"too large", []string{"size", "101"}, 413}, {"no size", nil, 400}, {"a negative size", []string{"size", "-1"}, 400},
		{"a size that is none", []string{"size", "9223372036854775808"}, 400}, {"no such item", []string{"size", "1", "item", "none"}, 404},
	} {
		if got := b.post("/admin/direct/", row.pairs...); got.StatusCode != row.want || strings.Contains(got.body, "<") {
			t.Errorf("%s: %d %q, want %d", row.name, got.StatusCode, got.body, row.want)
		}
	}
	d := b.direct(t, []byte("hello"), "name", "a")
	for _, part := range []string{"0", "2", "-1", "x", "", "1&part=2"} {
		r := b.request("POST", d.URL+"/parts", strings.NewReader("part="+part))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if got := b.send(r); got.StatusCode != http.StatusBadRequest {
			t.Errorf("part %q: %d", part, got.StatusCode)
		}
	}
	for _, method := range []string{"GET", "POST", "DELETE"} {
		if got := stranger.send(stranger.request(method, d.URL, nil)); got.StatusCode != http.StatusForbidden {
			t.Errorf("%s by a stranger: %d", method, got.StatusCode)
		}
		if got := b.send(b.request(method, "/admin/direct/"+strings.Repeat("a", 26), nil)); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s of none: %d", method, got.StatusCode)
		}
		if got := b.send(b.request(method, "/admin/direct/..%2F..%2Fx", nil)); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s of a path: %d", method, got.StatusCode)
		}
	}
	for _, method := range []string{"POST", "DELETE"} {
		r := b.request(method, d.URL, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if got := b.send(r); got.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another site: %d", method, got.StatusCode)
		}
	}
	if got := b.get("/admin/upload").Header.Get("Content-Security-Policy"); !strings.Contains(got, "connect-src 'self' "+gw.Endpoint+";") {
		t.Errorf("policy %q", got)
	}
	if got := b.post("/admin/uploads/"); got.StatusCode != http.StatusNotFound {
		t.Errorf("tus without a folder: %d", got.StatusCode)
	}
	b.want(b.send(b.request("DELETE", d.URL, nil)), http.StatusNoContent)
	if keys := s.keys(t); len(keys) > 0 {
		t.Errorf("left: %v", keys)
	}
	nothingBegun(t, gw)
}

// TestDirectUploadsThatAreGivenUp: the next one removes them, and nothing that is new
// or somebody's.
func TestDirectUploadsThatAreGivenUp(t *testing.T) {
	s, gw := startDirect(t, nil)
	b := s.anna(t)
	old, done, young := b.direct(t, []byte("old"), "name", "old"), b.direct(t, []byte("done"), "name", "done"), b.direct(t, []byte("young"), "name", "young")
	old.send(1)
	done.send(1)
	key := s.item(t, done.finish()).Key
	long := time.Now().Add(-8 * 24 * time.Hour)
	for _, d := range []*direct{old, done} {
		if err := os.Chtimes(filepath.Join(gw.Dir, "uploads", "unfinished", path.Base(d.URL)), long, long); err != nil {
			t.Fatal(err)
		}
	}
	b.want(b.send(b.request("DELETE", b.direct(t, nil, "name", "next").URL, nil)), http.StatusNoContent)
	got, want := s.keys(t), []string{key, "uploads/unfinished/" + path.Base(young.URL)}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("left: %s, want %s", got, want)
	}
	if got := b.get(old.URL); got.StatusCode != http.StatusNotFound {
		t.Errorf("the old one: %d", got.StatusCode)
	}
	young.send(1)
	young.finish()
	nothingBegun(t, gw)
}

// TestLargeWords: what is kept of an upload is small, whatever a client says.
func TestLargeWords(t *testing.T) {
	s, _ := startDirect(t, func(o *admin.Options) { o.MaxUpload = math.MaxInt64 })
	b := s.anna(t)
	long := strings.Repeat("long ", 50_000)
	d := b.direct(t, []byte("x"), "name", long, "version", long, "field", long)
	d.send(1)
	if it := s.item(t, d.finish()); len(it.Name) > 255 || it.Version != "" {
		t.Errorf("a name of %d bytes, version %.20q", len(it.Name), it.Version)
	}
	const most = 10_000 * 5 << 30 // parts, and bytes of each
	for size, want := range map[int64]int{most + 1: 413, math.MaxInt64: 413} {
		if got := b.post("/admin/direct/", "size", fmt.Sprint(size), "name", "a"); got.StatusCode != want {
			t.Errorf("%d bytes: %d, want %d", size, got.StatusCode, want)
		}
	}
	got := b.post("/admin/direct/", "size", fmt.Sprint(int64(most)), "name", "a")
	b.want(got, http.StatusCreated)
	if want := `"part":5368709120,"parts":10000`; !strings.Contains(got.body, want) {
		t.Errorf("the largest file: %s, want %s", got.body, want)
	}
}

func TestDirectNeedsAStoreThatCan(t *testing.T) {
	var o admin.Options
	start(t, func(x *admin.Options) { o = *x })
	o.Direct = true
	if _, err := admin.New(o); err == nil || !strings.Contains(err.Error(), `store "files"`) {
		t.Errorf("over a folder: %v", err)
	}
}

func TestTheFormTakesLess(t *testing.T) {
	s, _ := startDirect(t, func(o *admin.Options) { o.MaxForm = 10 })
	b := s.anna(t)
	page := b.get("/admin/upload")
	contains(t, page, "Without JavaScript, files of at most 10 bytes")
	contains(t, page, `data-direct="/admin/direct/"`)
	for size, want := range map[int]int{10: http.StatusSeeOther, 11: http.StatusRequestEntityTooLarge} {
		body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + strings.Repeat("a", size) + "\r\n--x--\r\n"
		r := b.request("POST", "/admin/upload", strings.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		if got := b.send(r); got.StatusCode != want {
			t.Errorf("%d bytes: %d, want %d", size, got.StatusCode, want)
		}
	}
}
