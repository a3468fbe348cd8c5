package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/front"
	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/test/server"
)

// making is a site that generates files: a running downlink, directly and behind
// nginx, with the folders that it works in.
type making struct {
	url             string
	downlink        *server.Process
	conf            string // of the direct one
	files, made     string
	finished, inUse string // folders of made
}

// makers are a site directly and behind nginx. toml may have $FILES and $MADE.
func makers(t *testing.T, prepare func(files string), toml string, test func(t *testing.T, m making)) {
	for _, way := range []string{"direct", "nginx"} {
		t.Run(way, func(t *testing.T) {
			m := making{files: t.TempDir(), made: t.TempDir()}
			m.finished, m.inUse = filepath.Join(m.made, "files"), filepath.Join(m.made, "making")
			prepare(m.files)
			more := strings.NewReplacer("$FILES", m.files, "$MADE", m.made).Replace(toml)
			if way == "nginx" {
				server.LetIn(t, m.made)
				n, d := server.BehindNginx(t, m.files, t.TempDir(), more+generatedRule(more))
				m.url, m.downlink = "http://"+n.Addr, d
			} else {
				m.downlink, m.conf = m.start(t, more)
				m.url = "http://" + m.downlink.Addr
			}
			test(t, m)
		})
	}
}

// generatedRule hands what was generated to nginx, if anything is.
func generatedRule(toml string) string {
	if !strings.Contains(toml, "[generated]") {
		return ""
	}
	return "[[offload]]\nfront = \"nginx\"\nsource = \"generated\"\ndestination = \"/_internal/generated/\"\n"
}

func (m making) start(t *testing.T, toml string) (p *server.Process, conf string) {
	t.Helper()
	conf = filepath.Join(t.TempDir(), "downlink.toml")
	write(t, conf, fmt.Sprintf("[server]\nlisten = \"127.0.0.1:0\"\n[stores.files]\npath = %q\n%s", m.files, toml))
	return server.Downlink(t, []string{"--config", conf}), conf
}

// images are backgrounds: a small one, one that takes its time, and one that is not
// as large as it says.
func images(t *testing.T) func(dir string) {
	return func(dir string) {
		for name, side := range map[string]int{"small.png": 200, "large.png": 2500} {
			m := image.NewGray(image.Rect(0, 0, side, side))
			for i := range m.Pix {
				m.Pix[i] = 200 + byte(i>>3)%40
			}
			var b bytes.Buffer
			if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, name), b.String())
		}
		b, err := os.ReadFile(filepath.Join(dir, "small.png"))
		if err != nil {
			t.Fatal(err)
		}
		copy(b[16:], "\x00\x00\x75\x30\x00\x00\x75\x30") // 30,000 by 30,000, and the header's checksum
		binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
		write(t, filepath.Join(dir, "flood.png"), string(b))
	}
}

const cards = `[overlays.card]
store = "files"
background = "{image}.png"
text = "Hello,\n{name}!"
x = 10
y = 10
width = 180
height = 180
format = "png"
[generated]
path = "$MADE"
max_bytes = "40m"
[[views]]
pattern = "/card/{image}/{name}"
kind = "overlay"
overlay = "card"
`

func folder(t *testing.T, dir string) (all []string, total int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			all, total = append(all, e.Name()), total+info.Size()
		}
	}
	return all, total
}

// TestG1_GeneratedFile: a generator of one's own has the request, its query and its
// user; the file is the user's own, has a UUID for its name, and is sent by nginx.
func TestG1_GeneratedFile(t *testing.T) {
	server.NginxProgram(t)
	dir := t.TempDir()
	cache, err := generate.OpenCache(dir, "generated", generate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	var made atomic.Int32
	greet := generate.GeneratorFunc(func(_ context.Context, r *generate.Request) (generate.Recipe, error) {
		agent := r.Native.(*http.Request).UserAgent()
		return generate.Recipe{Key: r.Path + "?" + r.Query, PerUser: true, Ext: ".pdf", Create: func(_ context.Context, w io.Writer) error {
			made.Add(1)
			_, err := fmt.Fprintf(w, "%s asks for %s with %s by %s", r.User, r.Param("what"), r.Query, agent)
			return err
		}}, nil
	})
	service, err := download.New([]download.Route{{Pattern: "/g/{what}", View: &download.GeneratedView{
		Generator: greet, Cache: cache,
		User: func(_ context.Context, r *download.Request) (string, error) {
			name, _, _ := r.Native.(*http.Request).BasicAuth()
			return name, nil
		},
	}}}, []download.Rule{{Front: "nginx", Source: "generated", Destination: "/_internal/generated/"}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: nethttp.New(service, nethttp.Options{FrontField: front.Field})}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	var block bytes.Buffer
	addr := server.FreePort(t)
	server.LetIn(t, dir)
	err = front.Nginx{Upstream: l.Addr().String(), Listen: addr, Locations: []front.Location{
		{Prefix: "/_internal/generated/", OwnPrefix: "/_internal/generated@own/", Dir: generate.FilesBelow(dir)},
	}}.Write(&block)
	if err != nil {
		t.Fatal(err)
	}
	server.Nginx(t, addr, block.String())

	uuid := regexp.MustCompile(`^attachment; filename="[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.pdf"$`)
	for _, url := range []string{"http://" + l.Addr().String(), "http://" + addr} {
		for user, want := range map[string]string{"ann": "ann asks for this with a=1 by test", "bob": "bob asks for this with a=1 by test"} {
			resp, body := fetch(t, strings.Replace(url, "//", "//"+user+":x@", 1)+"/g/this?a=1", "User-Agent", "test", "Authorization", basic(user))
			if resp.StatusCode != 200 || body != want || !uuid.MatchString(resp.Header.Get("Content-Disposition")) || resp.Header.Get("Content-Type") != "application/pdf" {
				t.Errorf("%s: %d %q %v", user, resp.StatusCode, body, resp.Header)
			}
		}
		if resp, _ := fetch(t, url+"/g/this?a=1"); resp.StatusCode != 403 {
			t.Errorf("nobody: %d, want 403", resp.StatusCode)
		}
	}
	if made.Load() != 2 {
		t.Errorf("made %d files, want one for each user", made.Load())
	}
}

func basic(user string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, "x")
	return r.Header.Get("Authorization")
}

func TestG2_Overlay(t *testing.T) {
	makers(t, images(t), cards, func(t *testing.T, m making) {
		resp, first := fetch(t, m.url+"/card/small/Ada")
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/png" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Fatalf("%d %v", resp.StatusCode, resp.Header)
		}
		img, err := png.Decode(strings.NewReader(first))
		if err != nil || img.Bounds() != image.Rect(0, 0, 200, 200) {
			t.Fatal(err)
		}
		dark := 0
		for y := range 200 {
			for x := range 200 {
				if c := color.GrayModel.Convert(img.At(x, y)).(color.Gray); c.Y < 60 {
					dark++
				}
			}
		}
		if dark < 100 {
			t.Errorf("%d dark pixels: there is no text", dark)
		}
		tag := resp.Header.Get("ETag")
		if _, again := fetch(t, m.url+"/card/small/Ada"); again != first {
			t.Error("other bytes the second time")
		}
		if resp, body := fetch(t, m.url+"/card/small/Ada", "Range", "bytes=10-19", "If-Range", tag); resp.StatusCode != 206 || body != first[10:20] {
			t.Errorf("a range: %d %q", resp.StatusCode, body)
		}
		if resp, _ := fetch(t, m.url+"/card/small/Ada", "If-None-Match", tag); resp.StatusCode != 304 {
			t.Errorf("the same: %d", resp.StatusCode)
		}
		if _, other := fetch(t, m.url+"/card/small/Bob"); other == first {
			t.Error("the same file for another text")
		}
		if _, same := fetch(t, m.url+"/card/small/Ada?name=Bob&text=x"); same != first {
			t.Error("a query changes the file")
		}
		for target, want := range map[string]int{
			"/card/small/" + strings.Repeat("x", 4100): 404, // no path is that long
			"/card/small/" + strings.Repeat("x", 3000): 200, "/card/small/%E2%80%AE%D7%A9": 200, "/card/small/%F0%9F%98%80": 200,
			"/card/none/x": 404, "/card/%2e%2e%2fsmall/x": 404, "/card/flood/x": 500,
		} {
			start := time.Now()
			resp, body := fetch(t, m.url+target)
			if resp.StatusCode != want {
				t.Errorf("%.60s: %d %.100q, want %d", target, resp.StatusCode, body, want)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%.60s: answered after %v", target, took)
			}
		}
		waitLog(t, m.downlink.Log, "30000 by 30000 pixels")
		if left, _ := folder(t, m.inUse); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// TestG3_OneGeneration: 50 clients at once get the one file that is made; while it
// is, half of it can be had nowhere. One of them goes, which the others do not mind.
func TestG3_OneGeneration(t *testing.T) {
	makers(t, images(t), cards, func(t *testing.T, m making) {
		var all sync.WaitGroup
		gone, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			r, _ := http.NewRequestWithContext(gone, "GET", m.url+"/card/large/all", nil)
			if resp, err := http.DefaultClient.Do(r); err == nil {
				resp.Body.Close()
				t.Error("who went has an answer")
			}
		})
		waitFor(t, "a file in the making", func() bool { n, _ := folder(t, m.inUse); return len(n) == 1 })
		bodies := make([]string, 50)
		for i := range bodies {
			all.Go(func() {
				resp, body := fetch(t, m.url+"/card/large/all")
				if resp.StatusCode != 200 {
					t.Errorf("%d %q", resp.StatusCode, body)
				}
				bodies[i] = body
			})
		}
		time.AfterFunc(50*time.Millisecond, cancel)
		done := make(chan struct{})
		go func() { all.Wait(); close(done) }()
		most, whole := 0, 0
		for running := true; running; {
			select {
			case <-done:
				running = false
			case <-time.After(time.Millisecond):
				made, _ := folder(t, m.inUse)
				ready, _ := folder(t, m.finished)
				most, whole = max(most, len(made)), max(whole, len(ready))
			}
		}
		if most != 1 || whole != 1 {
			t.Errorf("%d in the making at once and %d finished, want one", most, whole)
		}
		for _, b := range bodies {
			if b != bodies[0] || len(b) < 10_000 {
				t.Fatalf("bodies of %d and %d bytes", len(b), len(bodies[0]))
			}
		}
	})
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no %s within 30 s", what)
		}
	}
}

// TestG3_Killed: kill -9 in the middle leaves nothing that is served; the next
// process removes it and makes the file.
func TestG3_Killed(t *testing.T) {
	m := making{files: t.TempDir(), made: t.TempDir()}
	m.finished, m.inUse = filepath.Join(m.made, "files"), filepath.Join(m.made, "making")
	images(t)(m.files)
	toml := strings.ReplaceAll(cards, "$MADE", m.made)
	for range 2 {
		p, _ := m.start(t, toml)
		if left, _ := folder(t, m.inUse); len(left) > 0 {
			t.Errorf("left from before: %v", left)
		}
		go http.Get("http://" + p.Addr + "/card/large/x")
		waitFor(t, "file in the making", func() bool { n, _ := folder(t, m.inUse); return len(n) == 1 })
		if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-p.Exit
		if n, _ := folder(t, m.inUse); len(n) != 1 {
			t.Errorf("in the making: %v, so it was not killed in the middle", n)
		}
		if n, _ := folder(t, m.finished); len(n) > 0 {
			t.Errorf("finished: %v", n)
		}
	}
	p, _ := m.start(t, toml)
	if resp, body := fetch(t, "http://"+p.Addr+"/card/large/x"); resp.StatusCode != 200 {
		t.Errorf("%d %.100q", resp.StatusCode, body)
	}
	if n, _ := folder(t, m.inUse); len(n) > 0 {
		t.Errorf("left: %v", n)
	}
}

// TestG3_Bound: more files than the cache has room for are asked for; it never takes
// more.
func TestG3_Bound(t *testing.T) {
	const most = 96 << 10
	m := making{files: t.TempDir(), made: t.TempDir()}
	images(t)(m.files)
	p, _ := m.start(t, strings.NewReplacer("$MADE", m.made, `"40m"`, fmt.Sprint(most)).Replace(cards))
	var all sync.WaitGroup
	var served atomic.Int32
	for client := range 4 {
		all.Go(func() {
			for i := range 5 {
				resp, body := fetch(t, fmt.Sprintf("http://%s/card/small/%d-%d", p.Addr, client, i))
				if _, err := png.Decode(strings.NewReader(body)); resp.StatusCode == 200 && err == nil {
					served.Add(1)
				} else if resp.StatusCode != 503 {
					t.Errorf("%d, %v", resp.StatusCode, err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for running, largest := true, int64(0); running; {
		_, finished := folder(t, filepath.Join(m.made, "files"))
		if largest = max(largest, finished); finished > most {
			t.Errorf("%d bytes", finished)
		}
		select {
		case <-done:
			running = false
			if served.Load() < 10 || largest < most/4 {
				t.Errorf("%d served, at most %d bytes", served.Load(), largest)
			}
		case <-time.After(time.Millisecond):
		}
	}
}

// TestG2_SignedArguments: where a link is required, nobody chooses another text than
// the one that was signed, and nothing is made for those who try.
func TestG2_SignedArguments(t *testing.T) {
	m := making{files: t.TempDir(), made: t.TempDir()}
	images(t)(m.files)
	key := filepath.Join(t.TempDir(), "link.key")
	writeSecret(t, key, linkSecret+"\n")
	toml := strings.ReplaceAll(cards, "$MADE", m.made) + "link = \"required\"\n[[links.keys]]\nid = \"2026\"\nsecret_file = '" + key + "'\n"
	p, conf := m.start(t, toml)
	url := "http://" + p.Addr
	signed := strings.TrimSpace(server.Run(t, "sign", url+"/card/small/Ada", "--config", conf))
	for _, target := range []string{url + "/card/small/Ada", strings.Replace(signed, "Ada", "Bob", 1), strings.Replace(signed, "small", "large", 1)} {
		if resp, _ := fetch(t, target); resp.StatusCode != 403 {
			t.Errorf("%s: %d, want 403", target, resp.StatusCode)
		}
	}
	if made, _ := folder(t, filepath.Join(m.made, "files")); len(made) > 0 {
		t.Errorf("made for strangers: %v", made)
	}
	resp, first := fetch(t, signed)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/png" {
		t.Errorf("signed: %d", resp.StatusCode)
	}
	if _, again := fetch(t, signed+"&name=Bob"); again != first {
		t.Error("a parameter beside the signature changes the file")
	}
}
