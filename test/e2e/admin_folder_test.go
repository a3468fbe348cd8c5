package e2e

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

// TestC2_AdminOfAFolder: all that the admin of a folder takes can be fetched, and every
// command knows where it is: also in another data folder, which was made of an export and
// a copy of the files.
func TestC2_AdminOfAFolder(t *testing.T) {
	t.Parallel()
	dir, data, restored := t.TempDir(), t.TempDir(), t.TempDir()
	p := server.Downlink(t, []string{dir, "--admin", "--data", data})
	c := anna(t, p.Addr, data)
	picture := somePNG(t)
	for _, up := range []struct{ item, field, version, name, content string }{
		{"", "", "", "report.txt", "first"},
		{"report", "", "1.0", "report.txt", "first, named"},
		{"report", "", "2.0", "report.txt", "second"},
		{"report", "image", "", "cover.png", picture},
		{"report", "extra", "", "extra.txt", "extra"},
	} {
		uploadTo(t, c, p.Addr, up.name, up.content, "item", up.item, "field", up.field, "version", up.version)
	}
	items := filepath.Join(t.TempDir(), "items.jsonl")
	write(t, items, strings.ReplaceAll(server.Run(t, "export", "--data", data), `,"draft":true`, ""))
	for _, folder := range []string{data, restored} {
		server.Run(t, "import", items, "--data", folder)
	}
	if err := os.CopyFS(filepath.Join(restored, "files"), os.DirFS(filepath.Join(data, "files"))); err != nil {
		t.Fatal(err)
	}
	wantUploads(t, p.Addr, picture)
	wantUploads(t, server.Downlink(t, []string{dir, "--data", restored}).Addr, picture)
	if out := server.Run(t, "explain", "GET", "/d/report/v/1.0", "--dir", dir, "--data", data); !strings.Contains(out, "200 OK") {
		t.Errorf("explain says\n%s", out)
	}
	if out := server.Run(t, "doctor", "--dir", dir, "--data", data, "--app", p.Addr); !strings.Contains(out, `"uploads"`) {
		t.Errorf("doctor says\n%s", out)
	}
	resp, err := c.Get("http://" + p.Addr + "/admin/item/report")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var page bytes.Buffer
	if _, err := page.ReadFrom(resp.Body); err != nil || !strings.Contains(page.String(), `/d/report/v/1.0"`) {
		t.Errorf("the item's page has no link to the older version, %v:\n%s", err, page.String())
	}
}

// wantUploads asks for everything that the item has.
func wantUploads(t *testing.T, addr, picture string) {
	t.Helper()
	for path, want := range map[string]string{
		"/d/report": "second", "/d/report/v/2.0": "second", "/d/report/v/1.0": "first, named", "/d/report/extra": "extra", "/d/report/image": picture,
	} {
		a := request(t, "GET", "http://"+addr+path)
		if a.StatusCode != 200 || a.body != want {
			t.Errorf("%s: %d %q, want %q", path, a.StatusCode, a.body, want)
		}
		kind, _, _ := strings.Cut(a.Header.Get("Content-Disposition"), ";")
		if shown := kind != "attachment"; shown != (path == "/d/report/image") {
			t.Errorf("%s: Content-Disposition %q", path, kind)
		}
	}
	if a := request(t, "GET", "http://"+addr+"/index.json"); !strings.Contains(a.body, `"image":"/d/report/image"`) {
		t.Errorf("the picture is not in the index: %s", a.body)
	}
}

// uploadTo sends a file by the form of the admin, with fields before it.
func uploadTo(t *testing.T, c *http.Client, addr, name, content string, fields ...string) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	part.Write([]byte(content))
	w.Close()
	resp, err := c.Post("http://"+addr+"/admin/upload", w.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if at := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther || !strings.HasSuffix(at, "/admin/item/report") {
		t.Fatalf("upload of %s: %s to %q", name, resp.Status, at)
	}
}

// somePNG is a small picture.
func somePNG(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
