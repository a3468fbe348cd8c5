package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/server"
)

const zips = `[[views]]
pattern = "/zip/{path...}"
kind = "zip"
store = "files"
[[views]]
pattern = "/all.zip"
kind = "zip"
store = "files"
`

// small is a folder of a few files, some with names that are no names.
func small(t *testing.T) func(dir string) {
	return func(dir string) {
		for name, content := range map[string]string{
			"docs/a.txt": "first", "docs/sub/日本.txt": "second", "docs/empty": "", `docs/back\slash.txt`: "third",
			"docs/A.TXT": "fourth", "docs/line\nbreak": "fifth", "docs/random": string(pattern(300_000)),
			"docs-private/secret.txt": "secret",
		} {
			write(t, filepath.Join(dir, name), content)
		}
	}
}

func TestG4_Zip(t *testing.T) {
	makers(t, small(t), zips, func(t *testing.T, m making) {
		resp, body := fetch(t, m.url+"/zip/docs")
		tag := resp.Header.Get("ETag")
		if resp.StatusCode != 200 || resp.ContentLength != int64(len(body)) || resp.Header.Get("Content-Type") != "application/zip" ||
			resp.Header.Get("Content-Disposition") != `attachment; filename="docs.zip"` || tag == "" || strings.HasPrefix(tag, "W/") {
			t.Fatalf("%d %v", resp.StatusCode, resp.Header)
		}
		z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range z.File {
			got = append(got, f.Name)
		}
		// A key with a control character is none: the store leaves it out.
		if want := "A.TXT|a (2).txt|back_slash.txt|empty|random|sub/日本.txt"; strings.Join(got, "|") != want {
			t.Errorf("files %q, want %q", got, want)
		}
		file := filepath.Join(t.TempDir(), "docs.zip")
		write(t, file, body)
		if out, err := exec.Command(need.Command(t, "unzip"), "-tqq", file).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("unzip: %v\n%s", err, out)
		}
		random := rand.New(rand.NewPCG(5, 6))
		for range 100 {
			start := random.IntN(len(body))
			end := min(start+random.IntN(2000), len(body)-1)
			resp, part := fetch(t, m.url+"/zip/docs", "Range", fmt.Sprintf("bytes=%d-%d", start, end), "If-Range", tag)
			if resp.StatusCode != 206 || part != body[start:end+1] {
				t.Fatalf("bytes %d to %d: %d, %d bytes", start, end, resp.StatusCode, len(part))
			}
		}
		if resp, _ := fetch(t, m.url+"/zip/docs", "If-None-Match", tag); resp.StatusCode != 304 {
			t.Errorf("the same: %d", resp.StatusCode)
		}
		for path, want := range map[string]int{"/zip/none": 404, "/zip/doc": 404, "/zip/docs%2f..": 404, "/all.zip": 200} {
			if resp, _ := fetch(t, m.url+path); resp.StatusCode != want {
				t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
			}
		}
		// A download is resumed only if nothing has changed.
		write(t, filepath.Join(m.files, "docs", "a.txt"), "another")
		resp, body = fetch(t, m.url+"/zip/docs", "Range", "bytes=10-19", "If-Range", tag)
		if resp.StatusCode != 200 || resp.Header.Get("ETag") == tag || len(body) < 300_000 {
			t.Errorf("after a change: %d, %d bytes, tag %s", resp.StatusCode, len(body), resp.Header.Get("ETag"))
		}
	})
}

// TestG4_FilesThatChange: whatever becomes of a file while it is packed, the client
// sees a broken transfer and no directory of a zip file.
func TestG4_FilesThatChange(t *testing.T) {
	const size = 64 << 20 // more than all buffers on the way
	for name, change := range map[string]func(t *testing.T, file string){
		"truncated": func(t *testing.T, file string) { must(t, os.Truncate(file, size/2)) },
		"removed":   func(t *testing.T, file string) { must(t, os.Remove(file)) },
		"overwritten": func(t *testing.T, file string) {
			f, err := os.OpenFile(file, os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteAt([]byte("new"), size-100)
			must(t, err)
			must(t, f.Close())
		},
		"replaced": func(t *testing.T, file string) {
			write(t, file+".new", "new")
			must(t, os.Rename(file+".new", file))
		},
	} {
		t.Run(name, func(t *testing.T) {
			prepare := func(dir string) {
				for _, name := range []string{"a.bin", "b.bin"} {
					file := filepath.Join(dir, "docs", name)
					write(t, file, "")
					must(t, os.Truncate(file, size))
					old := time.Now().Add(-time.Hour)
					must(t, os.Chtimes(file, old, old))
				}
			}
			makers(t, prepare, zips, func(t *testing.T, m making) {
				resp, err := http.Get(m.url + "/zip/docs")
				must(t, err)
				defer resp.Body.Close()
				if _, err := io.CopyN(io.Discard, resp.Body, 1<<20); err != nil {
					t.Fatal(err)
				}
				change(t, filepath.Join(m.files, "docs", "b.bin"))
				var rest tail4K
				n, err := io.Copy(&rest, resp.Body)
				if err == nil || 1<<20+n >= resp.ContentLength || bytes.Contains(rest, []byte("PK\x01\x02")) {
					t.Errorf("%d more bytes of %d, %v", n, resp.ContentLength, err)
				}
			})
		})
	}
}

// tail4K keeps the end of what is written to it.
type tail4K []byte

func (b *tail4K) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	*b = append((*b)[:0], (*b)[max(0, len(*b)-4096):]...)
	return len(p), nil
}

// TestG4_ConstantMemory: 1,000 files, most of them holes, go out as one zip file, in
// parts too, and the server does not grow by them. They are 5 GiB together if
// DOWNLINK_LARGE is set, and 1 GiB otherwise.
func TestG4_ConstantMemory(t *testing.T) {
	each, large := int64(1<<18), int64(768<<20)
	if os.Getenv("DOWNLINK_LARGE") != "" {
		each, large = 1<<20, 4<<30+1
	}
	m := making{files: t.TempDir(), made: t.TempDir()}
	for i := range 1000 {
		file := filepath.Join(m.files, fmt.Sprintf("%04d.bin", i))
		write(t, file, fmt.Sprint("file ", i))
		size := each + int64(i)
		if i == 500 {
			size = large
		}
		must(t, os.Truncate(file, size))
	}
	p, _ := m.start(t, zips)
	url := "http://" + p.Addr + "/all.zip"
	fetch(t, url, "Range", "bytes=0-99")
	before := memory(t, p, "VmRSS")
	resp, err := http.Get(url)
	must(t, err)
	defer resp.Body.Close()
	if resp.ContentLength < large+999*each {
		t.Fatalf("only %d bytes", resp.ContentLength)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil || n != resp.ContentLength {
		t.Fatalf("%d of %d bytes, %v", n, resp.ContentLength, err)
	}
	// What Go's archive/zip needs of the directory comes by ranges.
	z, err := zip.NewReader(ranged(url), n)
	if err != nil || len(z.File) != 1000 || z.File[500].UncompressedSize64 != uint64(large) {
		t.Fatal(err)
	}
	for _, i := range []int{0, 499, 501, 999} {
		r, err := z.File[i].Open()
		must(t, err)
		b, err := io.ReadAll(r)
		if err != nil || int64(len(b)) != each+int64(i) || !bytes.HasPrefix(b, fmt.Append(nil, "file ", i)) {
			t.Errorf("file %d: %d bytes, %v", i, len(b), err)
		}
	}
	if grown := memory(t, p, "VmHWM") - before; grown > 32<<10 {
		t.Errorf("the server grew by %d KiB", grown)
	} else {
		t.Logf("%d bytes sent, the server grew by %d KiB at most", n, grown)
	}
}

// ranged reads a URL by ranges.
type ranged string

func (r ranged) ReadAt(p []byte, at int64) (int, error) {
	req, err := http.NewRequest("GET", string(r), nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", at, at+int64(len(p))-1))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != 206 {
		return 0, fmt.Errorf("status %d", resp.StatusCode)
	}
	n, err := io.ReadFull(resp.Body, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}

// memory is a line of the process's status, in KiB.
func memory(t *testing.T, p *server.Process, name string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID))
	must(t, err)
	_, rest, _ := strings.Cut(string(status), name+":")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	must(t, err)
	return n
}

// TestG4_Aborts: clients that go in the middle leave nothing open.
func TestG4_Aborts(t *testing.T) {
	m := making{files: t.TempDir(), made: t.TempDir()}
	for i := range 3 {
		file := filepath.Join(m.files, fmt.Sprint(i))
		write(t, file, "")
		must(t, os.Truncate(file, 64<<20))
	}
	p, _ := m.start(t, zips)
	url := "http://" + p.Addr + "/all.zip"
	fetch(t, url, "Range", "bytes=0-9")
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	open := func() int {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.PID))
		must(t, err)
		return len(entries)
	}
	before := open() + counting // the catalogue is tried beside the first requests
	for range 100 {
		resp, err := http.Get(url)
		must(t, err)
		_, err = io.CopyN(io.Discard, resp.Body, 100_000)
		must(t, err)
		resp.Body.Close()
	}
	waitFor(t, "end of the aborted downloads", func() bool { return open() <= before })
	if log := p.Log(); strings.Contains(log, "level=ERROR") {
		t.Errorf("an abort is logged as an error:\n%s", log)
	}
}
