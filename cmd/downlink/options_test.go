package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/test/output"
)

// running is a server of one configuration.
type running struct {
	t    *testing.T
	dir  string
	addr string
	log  output.Buffer
	out  output.Buffer
	stop context.CancelFunc
	done chan error
}

const usualStore = "[stores.files]\npath = \"files\"\n"

// start serves a configuration in a folder that has files/a.txt, files/page.html,
// files/sub/b.txt, other/c.txt and an item "item" of files/a.txt, with
// files/sub/b.txt in its field "extra".
func start(t *testing.T, toml string) *running {
	t.Helper()
	r := &running{t: t, dir: t.TempDir(), done: make(chan error, 1)}
	for name, content := range map[string]string{
		"files/a.txt": "hello", "files/page.html": "<p>", "files/sub/b.txt": "b", "other/c.txt": "c", "downlink.toml": toml,
	} {
		path := filepath.Join(r.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &settings{config: filepath.Join(r.dir, "downlink.toml")}
	t.Setenv("XDG_DATA_HOME", filepath.Join(r.dir, "xdg"))
	cfg, err := s.load("")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Server.Listen == "127.0.0.1:8080" {
		cfg.Server.Listen = "127.0.0.1:0"
	}
	err = s.withCatalog("", func(items *catalog.Catalog, _ []string, _ string) error {
		return items.Put(t.Context(), []catalog.Item{{
			Slug: "item", Store: cfg.Stores[0].Name, Key: "a.txt", Visible: true,
			Files: map[string]catalog.File{"extra": {Store: cfg.Stores[0].Name, Key: "sub/b.txt"}},
		}})
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() { r.done <- serve(ctx, s, cfg, &r.out, &r.log) }()
	t.Cleanup(func() { cancel(); <-r.done })
	waitUntil(t, func() bool { return strings.Contains(r.out.String(), "serves at ") || len(r.done) > 0 })
	_, at, _ := strings.Cut(r.out.String(), "serves at ")
	at, _, _ = strings.Cut(at, "\n")
	r.addr = strings.TrimSuffix(strings.TrimPrefix(at, "http://"), "/")
	return r
}

func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what was waited for did not happen within 10 s")
		}
	}
}

func (r *running) dial() net.Conn {
	r.t.Helper()
	network, addr := "tcp", r.addr
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		network, addr = "unix", path
	}
	c, err := net.Dial(network, addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

// get asks for a path, with fields as "Name: value", and returns the answer with
// its body read.
func (r *running) get(path string, fields ...string) (*http.Response, string) {
	r.t.Helper()
	c := r.dial()
	defer c.Close()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", path)
	for _, f := range fields {
		fmt.Fprintf(c, "%s\r\n", f)
	}
	fmt.Fprint(c, "\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp, text(r.t, resp)
}

// text reads the body of an answer.
func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// throughNginx is what nginx adds to each request.
const throughNginx = "X-Downlink-Front: nginx"

// field is a field of the answer that nginx gets.
func (r *running) field(path, name string) string {
	r.t.Helper()
	resp, _ := r.get(path, throughNginx)
	return resp.Header.Get(name)
}

func (r *running) want(what string, got, want any) {
	r.t.Helper()
	if got != want {
		r.t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// closes reports whether the server closes c within a moment.
func closes(c net.Conn) bool {
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err := io.Copy(io.Discard, c)
	return err == nil
}

const view = usualStore + "[[views]]\npattern = \"/f/{path...}\"\nkind = \"storage\"\nstore = \"files\"\n"

const rule = view + "[[offload]]\nfront = \"nginx\"\nsource = \"files\"\ndestination = \"/_i/\"\n"

const otherRule = view + "[[offload]]\nfront = \"header\"\nsource = \"files\"\nfield = \"X-LiteSpeed-Location\"\ndestination = \"/p/\"\n"

// options has a test for each key of the configuration: that a server which is
// given the key does something that one without it does not.
var options = map[string]func(t *testing.T){
	"[server] listen": func(t *testing.T) {
		socket := filepath.Join(t.TempDir(), "s")
		r := start(t, "[server]\nlisten = \"unix:"+socket+"\"\n"+view)
		r.want("address", r.addr, "unix:"+socket)
		_, body := r.get("/f/a.txt")
		r.want("body", body, "hello")
	},
	"[server] front": func(t *testing.T) {
		for toml, want := range map[string]string{otherRule: "", "[server]\nfront = \"header\"\n" + otherRule: "/p/a.txt"} {
			resp, _ := start(t, toml).get("/f/a.txt")
			if got := resp.Header.Get("X-LiteSpeed-Location"); got != want {
				t.Errorf("field = %q, want %q", got, want)
			}
		}
	},
	"[server] data": func(t *testing.T) {
		r := start(t, "[server]\ndata = \"mine\"\n"+view)
		if _, err := os.Stat(filepath.Join(r.dir, "mine", "catalog.db")); err != nil {
			t.Error(err)
		}
	},
	"[server] read_header_timeout": func(t *testing.T) {
		c := start(t, "[server]\nread_header_timeout = \"50ms\"\n"+view).dial()
		fmt.Fprint(c, "GET /f/a.txt HTTP/1.1\r\n")
		if !closes(c) {
			t.Error("half a header holds the connection")
		}
	},
	"[server] idle_timeout": func(t *testing.T) {
		c := start(t, "[server]\nidle_timeout = \"50ms\"\n"+view).dial()
		fmt.Fprint(c, "GET /f/a.txt HTTP/1.1\r\nHost: x\r\n\r\n")
		if !closes(c) {
			t.Error("an idle connection is held")
		}
	},
	"[server] write_timeout": func(t *testing.T) {
		r := start(t, "[server]\nwrite_timeout = \"50ms\"\n[log]\nlevel = \"debug\"\n"+view)
		if err := os.Truncate(filepath.Join(r.dir, "files", "a.txt"), 256<<20); err != nil {
			t.Fatal(err)
		}
		c := r.dial()
		fmt.Fprint(c, "GET /f/a.txt HTTP/1.1\r\nHost: x\r\n\r\n")
		waitUntil(t, func() bool { return strings.Contains(r.log.String(), "i/o timeout") })
	},
	"[server] shutdown_timeout": func(t *testing.T) {
		r := start(t, "[server]\nshutdown_timeout = \"50ms\"\n"+view)
		if err := os.Truncate(filepath.Join(r.dir, "files", "a.txt"), 256<<20); err != nil {
			t.Fatal(err)
		}
		c := r.dial()
		fmt.Fprint(c, "GET /f/a.txt HTTP/1.1\r\nHost: x\r\n\r\n")
		if _, err := io.CopyN(io.Discard, c, 1000); err != nil {
			t.Fatal(err)
		}
		r.stop()
		err := <-r.done
		r.done <- nil // for the cleanup
		if err == nil || !strings.Contains(err.Error(), "cut off") {
			t.Errorf("shutdown: %v, want a word about the download that was cut off", err)
		}
	},
	"[server] max_header_bytes": func(t *testing.T) {
		r := start(t, "[server]\nmax_header_bytes = 100\n"+view)
		resp, _ := r.get("/f/a.txt", "X-Long: "+strings.Repeat("x", 6000)) // net/http allows 4096 more
		r.want("status", resp.StatusCode, 431)
	},
	"[server] request_id_header": func(t *testing.T) {
		r := start(t, "[server]\nrequest_id_header = \"X-Trace\"\n"+view)
		resp, _ := r.get("/f/a.txt", "X-Trace: 0123456789")
		r.want("id", resp.Header.Get("X-Request-Id"), "0123456789")
	},
	"[log] level": func(t *testing.T) {
		r := start(t, "[log]\nlevel = \"error\"\n"+view)
		r.get("/f/a.txt")
		r.stop()
		r.done <- <-r.done
		r.want("log", r.log.String(), "")
	},
	"[log] format": func(t *testing.T) {
		r := start(t, "[log]\nformat = \"json\"\n"+view)
		r.get("/f/a.txt")
		waitUntil(t, func() bool { return strings.Contains(r.log.String(), `"status":200`) })
	},
	"[log] access": func(t *testing.T) {
		r := start(t, "[log]\naccess = false\n"+view)
		r.get("/f/a.txt")
		r.stop()
		r.done <- <-r.done
		r.want("log", r.log.String(), "")
	},
	"[stores.NAME] driver": func(t *testing.T) {
		_, body := start(t, "[stores.files]\ndriver = \"dir\"\npath = \"files\"\n"+strings.TrimPrefix(view, usualStore)).get("/f/a.txt")
		if body != "hello" {
			t.Errorf("body %q", body)
		}
	},
	"[stores.NAME] path": func(t *testing.T) {
		_, body := start(t, strings.Replace(view, `path = "files"`, `path = "other"`, 1)).get("/f/c.txt")
		if body != "c" {
			t.Errorf("body %q", body)
		}
	},
	"[stores.NAME] base_url": func(t *testing.T) {
		toml := strings.Replace(rule, `source = "files"`, `source_url = "/media/sub/"`, 1)
		r := start(t, strings.Replace(toml, "path = \"files\"\n", "path = \"files\"\nbase_url = \"/media/\"\n", 1))
		r.want("internal redirect", r.field("/f/sub/b.txt", "X-Accel-Redirect"), "/_i/b.txt")
	},
	"[stores.NAME] binding": func(t *testing.T) {
		t.Chdir(t.TempDir())
		write(t, "downlink.toml", "[stores.files]\ndriver = \"r2\"\nbinding = \"FILES\"\n")
		if out := run(t, "check", "--config", "downlink.toml"); !strings.Contains(out, "on Workers") {
			t.Errorf("check says %s", out)
		}
	},
	"[[views]] platforms": func(t *testing.T) {
		for platforms, want := range map[string]int{`["server"]`: 200, `["workers"]`: 404, `["workers", "server"]`: 200} {
			toml := strings.Replace(view, "path = \"files\"", "path = \"files\"\nworkers = {driver = \"r2\", binding = \"FILES\"}", 1)
			resp, _ := start(t, toml+"platforms = "+platforms+"\n").get("/f/a.txt")
			if resp.StatusCode != want {
				t.Errorf("platforms = %s: %d, want %d", platforms, resp.StatusCode, want)
			}
		}
	},
	"[[views]] pattern": func(t *testing.T) {
		_, body := start(t, strings.Replace(view, "/f/", "/elsewhere/", 1)).get("/elsewhere/a.txt")
		if body != "hello" {
			t.Errorf("body %q", body)
		}
	},
	"[[views]] kind": func(t *testing.T) {
		_, body := start(t, usualStore+"[[views]]\npattern = \"/o/{slug}\"\nkind = \"object\"\n").get("/o/item")
		if body != "hello" {
			t.Errorf("body %q", body)
		}
	},
	"[[views]] store": func(t *testing.T) {
		r := start(t, "[stores.files]\npath = \"files\"\n[stores.other]\npath = \"other\"\n[[views]]\npattern = \"/f/{path...}\"\nkind = \"storage\"\nstore = \"other\"\n")
		_, body := r.get("/f/c.txt")
		r.want("body", body, "c")
	},
	"[[views]] root": func(t *testing.T) {
		_, body := start(t, usualStore+"[[views]]\npattern = \"/p/{path...}\"\nkind = \"path\"\nroot = \"other\"\n").get("/p/c.txt")
		if body != "c" {
			t.Errorf("body %q", body)
		}
	},
	"[[views]] path": func(t *testing.T) {
		_, body := start(t, view+"path = \"sub/{path}\"\n").get("/f/b.txt")
		if body != "b" {
			t.Errorf("body %q", body)
		}
	},
	"[[views]] field": func(t *testing.T) {
		_, body := start(t, usualStore+"[[views]]\npattern = \"/o/{slug}\"\nkind = \"object\"\nfield = \"extra\"\n").get("/o/item")
		if body != "b" {
			t.Errorf("body %q", body)
		}
	},
	"[[views]] url": func(t *testing.T) {
		_, body := start(t, remote(someServer(t, "hello"), "url = \"ORIGIN/x/{path}\"\norigins = [\"ORIGIN\"]\n[http]\nnetworks = [\"127.0.0.1\"]\n")).get("/r/a")
		if body != "hello of /x/a" {
			t.Errorf("body %q", body)
		}
	},
	"[[views]] origins": func(t *testing.T) {
		to := someServer(t, "other")
		from := httptest.NewServer(http.RedirectHandler(to+"/there", http.StatusFound))
		t.Cleanup(from.Close)
		for also, want := range map[string]int{"": 502, `, "` + to + `"`: 200} {
			resp, _ := start(t, remote(from.URL, "url = \"ORIGIN/{path}\"\norigins = [\"ORIGIN\""+also+"]\n[http]\nnetworks = [\"127.0.0.1\"]\n")).get("/r/a")
			if resp.StatusCode != want {
				t.Errorf("with %q: %d, want %d", also, resp.StatusCode, want)
			}
		}
	},
	"[http] networks": func(t *testing.T) {
		for line, want := range map[string]int{"": 502, `networks = ["127.0.0.0/8"]`: 200} {
			resp, _ := start(t, remote(someServer(t, "x"), usualRemote+line+"\n")).get("/r/a")
			if resp.StatusCode != want {
				t.Errorf("with %q: %d, want %d", line, resp.StatusCode, want)
			}
		}
	},
	"[http] connect_timeout":  limit(`connect_timeout = "1ns"`, quick, 504),
	"[http] head_timeout":     limit(`head_timeout = "100ms"`, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504),
	"[http] max_header_bytes": limit("max_header_bytes = 1", quick, 502),
	"[http] max_size":         limit("max_size = 1", quick, 502),
	"[http] idle_timeout":     limit(`idle_timeout = "100ms"`, stopping, 0),
	"[http] total_timeout":    limit(`total_timeout = "1s"`, stopping, 0),
	"[[views]] precompressed": func(t *testing.T) {
		for line, want := range map[string]string{"": "", "precompressed = [\"gzip\"]\n": "gzip"} {
			r := start(t, view+line)
			write(t, filepath.Join(r.dir, "files", "a.txt.gz"), "packed")
			resp, body := r.get("/f/a.txt", "Accept-Encoding: gzip")
			if resp.Header.Get("Content-Encoding") != want || (body == "packed") != (want != "") {
				t.Errorf("with %q: %q as %q", line, body, resp.Header.Get("Content-Encoding"))
			}
		}
	},
	"[[views]] attachment":    fieldOf("attachment = false", "/f/a.txt", "Content-Disposition", `inline; filename="a.txt"`),
	"[[views]] inline_unsafe": fieldOf("attachment = false\ninline_unsafe = true", "/f/page.html", "Content-Disposition", `inline; filename="page.html"`),
	"[[views]] basename":      fieldOf(`basename = "report.pdf"`, "/f/a.txt", "Content-Disposition", `attachment; filename="report.pdf"`),
	"[[views]] mimetype":      fieldOf(`mimetype = "application/pdf"`, "/f/a.txt", "Content-Type", "application/pdf"),
	"[[views]] encoding":      fieldOf(`encoding = "gzip"`, "/f/a.txt", "Content-Encoding", "gzip"),
	"[[views]] charset":       fieldOf(`charset = "iso-8859-1"`, "/f/a.txt", "Content-Type", "text/plain; charset=iso-8859-1"),
	"[[views]] cache_control": fieldOf(`cache_control = "public, max-age=60"`, "/f/a.txt", "Cache-Control", "public, max-age=60"),
	"[[views]] list": func(t *testing.T) {
		for toml, listed := range map[string]bool{view: false, view + "list = true\n": true} {
			_, body := start(t, toml).get("/")
			if strings.Contains(body, "/f/sub/b.txt") != listed {
				t.Errorf("%s\nlisted: %v, want %v", toml, !listed, listed)
			}
		}
	},
	"[[views]] offload": func(t *testing.T) {
		_, body := start(t, strings.Replace(rule, "[[offload]]", "offload = \"off\"\n[[offload]]", 1)).get("/f/a.txt", throughNginx)
		if body != "hello" {
			t.Errorf("body %q", body)
		}
	},
	"[[offload]] name": func(t *testing.T) {
		toml := strings.Replace(rule, "[[offload]]", "offload = \"second\"\n[[offload]]", 1)
		r := start(t, toml+"[[offload]]\nname = \"second\"\nfront = \"nginx\"\nsource = \"files\"\ndestination = \"/_second/\"\n")
		r.want("internal redirect", r.field("/f/a.txt", "X-Accel-Redirect"), "/_second/a.txt")
	},
	"[[offload]] front": func(t *testing.T) {
		r := start(t, strings.Replace(rule, "nginx", "caddy", 1))
		r.want("field for nginx", r.field("/f/a.txt", "X-Accel-Redirect"), "")
		resp, _ := r.get("/f/a.txt", "X-Downlink-Front: caddy")
		r.want("field for Caddy", resp.Header.Get("X-Accel-Redirect"), "/_i/a.txt")
	},
	"[[offload]] source":      ruleField("", "X-Accel-Redirect", "/_i/a.txt"),
	"[[offload]] destination": ruleField("", "X-Accel-Redirect", "/_i/a.txt"),
	"[[offload]] source_dir": func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "d.txt"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		r := start(t, usualStore+"[[views]]\npattern = \"/p/{path...}\"\nkind = \"path\"\nroot = '"+dir+"'\n"+
			"[[offload]]\nfront = \"nginx\"\nsource_dir = '"+dir+"'\ndestination = \"/_i/\"\n")
		r.want("internal redirect", r.field("/p/d.txt", "X-Accel-Redirect"), "/_i/d.txt")
	},
	"[[offload]] source_url": func(t *testing.T) {
		toml := strings.Replace(rule, `source = "files"`, `source_url = "/media/"`, 1)
		r := start(t, strings.Replace(toml, "path = \"files\"\n", "path = \"files\"\nbase_url = \"/media/\"\n", 1))
		r.want("internal redirect", r.field("/f/a.txt", "X-Accel-Redirect"), "/_i/a.txt")
	},
	"[[offload]] remote": func(t *testing.T) {
		for toml, want := range map[string]string{rule: "", rule + "remote = \"http://files.example/x/\"\n": "bytes=1-3"} {
			resp, _ := start(t, toml).get("/f/a.txt", throughNginx, "Range: bytes=1-3")
			if got := resp.Header.Get("X-Downlink-Range"); got != want {
				t.Errorf("range for the remote server is %q, want %q", got, want)
			}
		}
	},
	"[[offload]] field": func(t *testing.T) {
		resp, _ := start(t, otherRule).get("/f/a.txt", "X-Downlink-Front: header")
		if got := resp.Header.Get("X-LiteSpeed-Location"); got != "/p/a.txt" {
			t.Errorf("field = %q", got)
		}
	},
	"[[offload]] raw": func(t *testing.T) {
		for toml, want := range map[string]string{otherRule: "/p/%C3%A9.txt", otherRule + "raw = true\n": "/p/é.txt"} {
			r := start(t, toml)
			if err := os.WriteFile(filepath.Join(r.dir, "files", "é.txt"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			resp, _ := r.get("/f/%C3%A9.txt", "X-Downlink-Front: header")
			r.want("field", resp.Header.Get("X-LiteSpeed-Location"), want)
		}
	},
	"[[offload]] expires":    ruleField(`expires = "off"`, "X-Accel-Expires", "0"),
	"[[offload]] buffering":  ruleField("buffering = false", "X-Accel-Buffering", "no"),
	"[[offload]] limit_rate": ruleField(`limit_rate = "2k"`, "X-Accel-Limit-Rate", "2048"),
	"[[offload]] charset":    ruleField(`charset = "utf-8"`, "X-Accel-Charset", "utf-8"),
	"[catalog] driver": func(t *testing.T) {
		_, body := start(t, view+"[catalog]\ndriver = \"sqlite\"\n").get("/d/item")
		if body != "hello" {
			t.Errorf("body %q", body)
		}
	},
	"[catalog] binding": func(t *testing.T) {
		t.Chdir(t.TempDir())
		write(t, "downlink.toml", "[catalog]\nworkers = {driver = \"d1\", binding = \"DB\"}\n")
		if out := run(t, "check", "--config", "downlink.toml"); !strings.Contains(out, "on a server and Workers") {
			t.Errorf("check says %s", out)
		}
	},
	"[catalog] url":              postgresURL,
	"[catalog] max_connections":  postgresConnections,
	"[catalog] lock_wait":        postgresLimit("lock_wait", "lock timeout", ""),
	"[catalog] statement_wait":   postgresLimit("statement_wait", "statement timeout", "lock_wait = \"1m\"\n"),
	"[catalog] table":            inTable("table", "another-table"),
	"[catalog] region":           inTable("region", "eu-west-1"),
	"[catalog] endpoint":         inTable("endpoint", "http://127.0.0.1:1"),
	"[catalog] credentials_file": inTable("credentials_file", "wrong"),
	"[catalog] timeout":          tableTimeout,
	"[catalog] path": func(t *testing.T) {
		r := start(t, view+"[catalog]\npath = \"items.sqlite\"\n")
		if _, err := os.Stat(filepath.Join(r.dir, "items.sqlite")); err != nil {
			t.Error(err)
		}
	},
}

// run runs a command and returns what it prints.
func run(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	c := newCommand()
	c.SetArgs(args)
	c.SetOut(&out)
	if err := c.ExecuteContext(t.Context()); err != nil {
		t.Errorf("downlink %s: %v", strings.Join(args, " "), err)
	}
	return out.String()
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// remote is a configuration with a view of the server at origin at /r/, whose other
// keys are keys.
func remote(origin, keys string) string {
	return usualStore + "[[views]]\npattern = \"/r/{path...}\"\nkind = \"http\"\n" + strings.ReplaceAll(keys, "ORIGIN", origin)
}

const usualRemote = "url = \"ORIGIN/{path}\"\norigins = [\"ORIGIN\"]\n[http]\n"

// someServer is a server that says what and where.
func someServer(t *testing.T, what string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s of %s", what, r.URL.Path)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// quick is a server that answers at once, stopping one that stops in the middle.
func quick(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Padding", strings.Repeat("x", 8<<10)) // net/http allows 4096 more than it is told
	io.WriteString(w, "hello")
}

func stopping(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "20000")
	io.WriteString(w, strings.Repeat("hello", 2000))
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// limit tests that a line of [http] has a server that h is answered with status, or
// has its body cut off if status is 0. Without the line it is not.
func limit(line string, h http.HandlerFunc, status int) func(*testing.T) {
	return func(t *testing.T) {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		r := start(t, remote(s.URL, usualRemote+"networks = [\"127.0.0.1\"]\n"+line+"\n"))
		c := r.dial()
		fmt.Fprint(c, "GET /r/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		answer, err := io.ReadAll(c)
		switch {
		case err != nil:
			t.Errorf("with %s: %v", line, err)
		case status == 0 && (!strings.HasPrefix(string(answer), "HTTP/1.1 200 ") || strings.Count(string(answer), "hello") > 2000):
			t.Errorf("with %s: not cut off: %.300s", line, answer)
		case status != 0 && !strings.HasPrefix(string(answer), fmt.Sprintf("HTTP/1.1 %d ", status)):
			t.Errorf("with %s: want %d: %.300s", line, status, answer)
		}
		if status == 0 {
			return
		}
		without := start(t, remote(s.URL, usualRemote+"networks = [\"127.0.0.1\"]\n")).dial()
		fmt.Fprint(without, "GET /r/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		without.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		if answer, _ := io.ReadAll(without); strings.HasPrefix(string(answer), fmt.Sprintf("HTTP/1.1 %d ", status)) {
			t.Errorf("without %s: %d, too", line, status)
		}
	}
}

// fieldOf tests that a line of a view gives a field its value, and that without
// the line it has another.
func fieldOf(line, path, name, value string) func(*testing.T) {
	return func(t *testing.T) {
		for toml, want := range map[string]bool{view: false, view + line + "\n": true} {
			if got := start(t, toml).field(path, name); (got == value) != want {
				t.Errorf("with %q %v: %s = %q", line, want, name, got)
			}
		}
	}
}

// ruleField is fieldOf for a line of a rule.
func ruleField(line, name, value string) func(*testing.T) {
	return func(t *testing.T) {
		without := rule
		if line == "" {
			without = view
		}
		for toml, want := range map[string]bool{without: false, rule + line + "\n": true} {
			if got := start(t, toml).field("/f/a.txt", name); (got == value) != want {
				t.Errorf("with %q %v: %s = %q", line, want, name, got)
			}
		}
	}
}

// TestEveryDocumentedKeyHasEffect runs the test of each key that
// docs/configuration.md documents.
func TestEveryDocumentedKeyHasEffect(t *testing.T) {
	guide, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^## `(.*)`$|^\\| `([a-z_]+)` \\|")
	table, seen, options := "", map[string]bool{}, maps.Clone(options)
	maps.Copy(options, storeOptions)
	maps.Copy(options, accessOptions)
	maps.Copy(options, generatedOptions)
	maps.Copy(options, adminOptions)
	maps.Copy(options, trackingOptions)
	maps.Copy(options, metricsOptions)
	maps.Copy(options, pageOptions)
	for _, m := range row.FindAllStringSubmatch(string(guide), -1) {
		if m[1] != "" {
			table = m[1]
			continue
		}
		key := table + " " + m[2]
		seen[key] = true
		test := options[key]
		if test == nil {
			t.Errorf("%s has no test of its effect", key)
			continue
		}
		t.Run(key, test)
	}
	for key := range options {
		if !seen[key] {
			t.Errorf("%s is tested and not documented", key)
		}
	}
}
