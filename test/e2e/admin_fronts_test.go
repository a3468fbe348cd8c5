package e2e

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

const withAdmin = "[admin]\nenabled = true\nmax_upload = \"1g\"\n"

const adminPassword = "correct horse battery"

// setUpPath is the path of a link by which anna chooses her password.
func setUpPath(t *testing.T, data string) string {
	t.Helper()
	printed := strings.TrimSpace(server.Run(t, "admin", "link", "anna", "--data", data))
	u, err := url.Parse(printed)
	if err != nil {
		t.Fatal(err)
	}
	return u.RequestURI()
}

// anna is a client of the site at addr who is logged in to its admin.
func anna(t *testing.T, addr, data string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	u, err := url.Parse(setUpPath(t, data))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.PostForm("http://"+addr+u.Path, url.Values{"token": {u.Query().Get("token")}, "password": {adminPassword}, "again": {adminPassword}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("setting up: %s", resp.Status)
	}
	return c
}

// pausing is a body that stands still in the middle for longer than a front server
// waits for the body of a request that is no upload.
type pausing struct {
	r      io.Reader
	left   int
	paused bool
}

func (p *pausing) Read(b []byte) (int, error) {
	if p.left <= 0 && !p.paused {
		p.paused = true
		time.Sleep(12 * time.Second)
	}
	n, err := p.r.Read(b)
	p.left -= n
	return n, err
}

// Every front server lets uploads through to the admin: larger ones and slower ones
// than it takes elsewhere.
func TestC2_UploadsThroughFronts(t *testing.T) {
	for _, name := range server.Fronts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, data := t.TempDir(), t.TempDir()
			front, _ := server.Behind(t, name, dir, data, withAdmin)
			c := anna(t, front.Addr, data)
			content := bytes.Repeat([]byte("0123456789abcdef"), 3<<16) // 3 MiB: nginx takes 1 elsewhere
			var form bytes.Buffer
			w := multipart.NewWriter(&form)
			part, err := w.CreateFormFile("file", "a.bin")
			if err != nil {
				t.Fatal(err)
			}
			part.Write(content)
			w.Close()
			size := form.Len()
			r, err := http.NewRequest("POST", "http://"+front.Addr+"/admin/upload", &pausing{r: &form, left: size / 2})
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = int64(size)
			r.Header.Set("Content-Type", w.FormDataContentType())
			resp, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if at := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || !strings.HasSuffix(at, "/admin/item/a") {
				t.Fatalf("upload: %s to %q", resp.Status, at)
			}
			stored, err := filepath.Glob(filepath.Join(dir, "uploads", "*", "*"))
			if err != nil || len(stored) != 1 {
				t.Fatalf("%v, %v", stored, err)
			}
			if got, err := os.ReadFile(stored[0]); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes are stored, %v", len(got), err)
			}
			tusThrough(t, c, front.Addr, content)
		})
	}
}

// tusThrough uploads by tus in two parts, the second of which is larger than the first.
func tusThrough(t *testing.T, c *http.Client, addr string, content []byte) {
	t.Helper()
	send := func(method, path string, offset int, body []byte) *http.Response {
		r, err := http.NewRequest(method, "http://"+addr+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Tus-Resumable", "1.0.0")
		switch method {
		case "POST":
			r.Header.Set("Upload-Length", fmt.Sprint(len(content)))
		case "PATCH":
			r.Header.Set("Upload-Offset", fmt.Sprint(offset))
			r.Header.Set("Content-Type", "application/offset+octet-stream")
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	made := send("POST", "/admin/uploads/", 0, nil)
	u, err := url.Parse(made.Header.Get("Location"))
	if err != nil || made.StatusCode != http.StatusCreated {
		t.Fatalf("create: %s, %v", made.Status, err)
	}
	const first = 1000
	send("PATCH", u.Path, 0, content[:first])
	if got := send("HEAD", u.Path, 0, nil).Header.Get("Upload-Offset"); got != fmt.Sprint(first) {
		t.Errorf("offset %s", got)
	}
	if got := send("PATCH", u.Path, first, content[first:]); got.StatusCode != http.StatusNoContent || got.Header.Get("Downlink-Item") == "" {
		t.Errorf("the rest: %s, item %q", got.Status, got.Header.Get("Downlink-Item"))
	}
}
