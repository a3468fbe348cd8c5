package demo_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/demo"
	"github.com/downlink-go/downlink/downloadtest"
)

const (
	hello = "Hello from Downlink.\n"
	japan = "こんにちは\n"
	inJP  = "/storage/letters/%E6%97%A5%E6%9C%AC%20%E8%AA%9E.txt"
)

func open(t *testing.T) *demo.Site {
	t.Helper()
	s, err := demo.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("files/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// page is the page and the targets of its links, by their text.
func page(t *testing.T, s http.Handler) (text string, links map[string]string) {
	t.Helper()
	resp := downloadtest.Get(t, s, "/")
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %v", resp.StatusCode, err)
	}
	links = map[string]string{}
	for _, m := range regexp.MustCompile(`<a href="([^"]*)">([^<]*)</a>`).FindAllStringSubmatch(string(b), -1) {
		links[html.UnescapeString(m[2])] = html.UnescapeString(m[1])
	}
	return string(b), links
}

func TestV1_Object(t *testing.T) {
	s := open(t)
	downloadtest.Assert(t, downloadtest.Get(t, s, "/object/hello"), downloadtest.Download{
		Basename: "A greeting – 挨拶.txt", MediaType: "text/plain", Content: []byte(hello), Disposition: downloadtest.Attachment,
	})
	downloadtest.Assert(t, downloadtest.Get(t, s, "/object/hello/picture"), downloadtest.Download{
		Basename: "arrow of the greeting.png", MediaType: "image/png", Content: file(t, "arrow.png"),
	})
	downloadtest.AssertRefused(t, downloadtest.Get(t, s, "/object/none"), 404)
}

func TestV2_Storage(t *testing.T) {
	s := open(t)
	downloadtest.Assert(t, downloadtest.Get(t, s, inJP), downloadtest.Download{Basename: "日本 語.txt", Content: []byte(japan)})
	downloadtest.Assert(t, downloadtest.Get(t, s, "/lowercase/HELLO.TXT"), downloadtest.Download{Basename: "hello.txt", Content: []byte(hello)})
}

func TestV3_Path(t *testing.T) {
	s := open(t)
	downloadtest.Assert(t, downloadtest.Get(t, s, "/path/letters/100%25%20na%C3%AFve.txt"), downloadtest.Download{Basename: "100% naïve.txt"})
	downloadtest.AssertRefused(t, downloadtest.Get(t, s, "/path/..%2fcatalog.db"), 404)
}

func TestV4_HTTP(t *testing.T) {
	s := open(t)
	picture := file(t, "arrow.png")
	downloadtest.Assert(t, downloadtest.Get(t, s, "/http/arrow.png"), downloadtest.Download{Basename: "arrow.png", MediaType: "image/png", Content: picture})
	downloadtest.AssertRange(t, downloadtest.Get(t, s, "/http/arrow.png", "Range", "bytes=1-3"), picture, core.Span{Start: 1, Length: 3})
	downloadtest.AssertRefused(t, downloadtest.Get(t, s, "/http/none"), 404)
}

func TestV5_Virtual(t *testing.T) {
	s := open(t)
	downloadtest.Assert(t, downloadtest.Get(t, s, "/virtual/text"), downloadtest.Download{Basename: "hello.txt", Content: []byte("Hello from nowhere.\n")})
	want := bytes.NewBufferString("n,square\n")
	for n := range 100_000 {
		fmt.Fprintf(want, "%d,%d\n", n, n*n)
	}
	downloadtest.Assert(t, downloadtest.Get(t, s, "/virtual/table"), downloadtest.Download{Basename: "squares.csv", MediaType: "text/csv", Content: want.Bytes()})
}

func TestV6_Own(t *testing.T) {
	s := open(t)
	for language, content := range map[string]string{"": hello, "en-GB": hello, "ja-JP,en;q=0.5": japan} {
		resp := downloadtest.Get(t, s, "/own/greeting", "Accept-Language", language)
		downloadtest.Assert(t, resp, downloadtest.Download{Basename: "greeting.txt", Content: []byte(content)})
		downloadtest.AssertFields(t, resp, downloadtest.Fields{"Vary": "Accept-Language"})
	}
}

func TestV7_Inline(t *testing.T) {
	s := open(t)
	shown := downloadtest.Get(t, s, "/inline/arrow.png")
	downloadtest.Assert(t, shown, downloadtest.Download{Basename: "arrow.png", Disposition: downloadtest.Inline, Content: file(t, "arrow.png")})
	downloadtest.Assert(t, downloadtest.Get(t, s, "/inline/page.html"), downloadtest.Download{Disposition: downloadtest.Attachment})
	downloadtest.AssertNotModified(t, downloadtest.Get(t, s, "/inline/arrow.png", "If-None-Match", shown.Header.Get("ETag")))
}

func TestL1_Link(t *testing.T) {
	s := open(t)
	_, links := page(t, s)
	downloadtest.Assert(t, downloadtest.Get(t, s, links["a link for ten minutes"]), downloadtest.Download{Basename: "for you.txt", Content: []byte(hello)})
	downloadtest.AssertRefused(t, downloadtest.Get(t, s, "/signed/hello.txt"), 403)
	forged := strings.Replace(links["a link for ten minutes"], "hello.txt", "arrow.png", 1)
	downloadtest.AssertRefused(t, downloadtest.Get(t, s, forged), 403)
}

func TestL3_OneTimeLink(t *testing.T) {
	s := open(t)
	_, links := page(t, s)
	once := links["a link for one download"]
	head := downloadtest.Serve(t, s, httptest.NewRequest("HEAD", once, nil))
	downloadtest.Assert(t, head, downloadtest.Download{Basename: "arrow.png"})
	downloadtest.Assert(t, downloadtest.Get(t, s, once), downloadtest.Download{Content: file(t, "arrow.png")})
	other := httptest.NewRequest("GET", once, nil)
	other.RemoteAddr = "198.51.100.7:1234"
	downloadtest.AssertRefused(t, downloadtest.Serve(t, s, other), 403)
}

func TestL2_Allow(t *testing.T) {
	s := open(t)
	resp := downloadtest.Get(t, s, "/members/hello.txt", "If-None-Match", "*")
	downloadtest.AssertRefused(t, resp, 401)
	downloadtest.AssertFields(t, resp, downloadtest.Fields{"WWW-Authenticate": `Basic realm="demo"`})
	downloadtest.Assert(t, downloadtest.Get(t, s, "/members/hello.txt", "Authorization", "Basic ZGVtbzpkZW1v"), downloadtest.Download{Content: []byte(hello)})
}

func TestG4_Zip(t *testing.T) {
	resp := downloadtest.Get(t, open(t), "/zip/letters")
	downloadtest.Assert(t, resp, downloadtest.Download{Basename: "letters.zip", MediaType: "application/zip"})
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(z.File) != 2 {
		t.Errorf("%v, %d files", err, len(z.File))
	}
}

func TestG2_Generated(t *testing.T) {
	s := open(t)
	var bodies [][]byte
	for _, path := range []string{"/generated/you", "/generated/you", "/generated/Ada%20Lovelace"} {
		resp := downloadtest.Get(t, s, path)
		downloadtest.Assert(t, resp, downloadtest.Download{Basename: "card.png", MediaType: "image/png", Disposition: downloadtest.Inline})
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, b)
	}
	if !bytes.Equal(bodies[0], bodies[1]) || bytes.Equal(bodies[0], bodies[2]) {
		t.Error("equal requests give other files, or other requests the same")
	}
}

func TestV9_Sendfile(t *testing.T) {
	s := open(t)
	downloadtest.Assert(t, downloadtest.Get(t, s, "/sendfile/report"), downloadtest.Download{
		Basename: "report.txt", Content: []byte(hello), Disposition: downloadtest.Attachment,
	})
	downloadtest.AssertRange(t, downloadtest.Get(t, s, "/sendfile/report", "Range", "bytes=0-4"), []byte(hello), core.Span{Length: 5})
}

func TestD1_Offload(t *testing.T) {
	s := open(t)
	downloadtest.Assert(t, downloadtest.Get(t, s, "/offload/hello.txt"), downloadtest.Download{Content: []byte(hello)})
	downloadtest.AssertXAccel(t, downloadtest.Get(t, s, "/offload/hello.txt", "X-Downlink-Front", "nginx"), downloadtest.XAccel{
		RedirectURL: "/_internal/files/hello.txt", LimitRate: "1048576", Basename: "hello.txt",
	})
}

// The page says what is so: every link of it does what stands beside it.
func TestO3_PageHasEveryViewWithItsSource(t *testing.T) {
	s := open(t)
	text, links := page(t, s)
	names, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	shown := html.UnescapeString(text)
	for _, n := range names {
		if !strings.HasPrefix(n.Name(), "view_") {
			continue
		}
		code, err := os.ReadFile(n.Name())
		if err != nil {
			t.Fatal(err)
		}
		_, functions, _ := strings.Cut(string(code), "\n)\n")
		if !strings.Contains(shown, strings.TrimSpace(functions)) || !strings.Contains(shown, "demo/"+n.Name()) {
			t.Errorf("the page does not show %s", n.Name())
		}
	}
	for label, target := range links {
		if strings.HasPrefix(target, "#") {
			if !strings.Contains(text, `id="`+target[1:]+`"`) {
				t.Errorf("%s leads nowhere: %s", label, target)
			}
			continue
		}
		want := 200
		for part, status := range map[string]int{"/object/none": 404, "..%2f": 404, "/http/none": 404, "/members/": 401} {
			if strings.Contains(target, part) {
				want = status
			}
		}
		if label == "/signed/hello.txt" {
			want = 403
		}
		if resp := downloadtest.Get(t, s, target); resp.StatusCode != want {
			t.Errorf("%s: %s: %d, want %d", label, target, resp.StatusCode, want)
		}
	}
	if len(links) < 25 {
		t.Errorf("only %d links", len(links))
	}
	for _, word := range []string{"X-Accel-Redirect: /_internal/files/hello.txt", "HTTP/1.1 200 OK"} {
		if !strings.Contains(shown, word) {
			t.Errorf("the page does not show %q", word)
		}
	}
}

func TestPageRefuses(t *testing.T) {
	s := open(t)
	if resp := downloadtest.Serve(t, s, httptest.NewRequest("POST", "/", nil)); resp.StatusCode != 405 {
		t.Errorf("POST: %d", resp.StatusCode)
	}
	downloadtest.AssertFields(t, downloadtest.Get(t, s, "/"), downloadtest.Fields{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
}

func TestOpenFails(t *testing.T) {
	name := t.TempDir() + "/file"
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := demo.Open(name, slog.New(slog.DiscardHandler)); err == nil {
		s.Close()
		t.Error("a folder that is a file was taken")
	}
}
