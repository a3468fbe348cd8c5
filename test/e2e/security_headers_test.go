package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// disposition is RFC 6266 with RFC 8187, as strict as it can be written: an
// ASCII name without quote and backslash, then at most the extended one.
var disposition = regexp.MustCompile(
	`^(attachment|inline); filename="([ !#-\[\]-~]+)"(?:; filename\*=UTF-8''((?:[A-Za-z0-9!#$&+.^_` + "`" + `|~-]|%[0-9A-F]{2})+))?$`)

var escapeInName = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// wantDisposition wants exactly one well-formed Content-Disposition and returns
// the names in it.
func (v *victim) wantDisposition(t *testing.T, r reply) (ascii, full string) {
	t.Helper()
	value := ""
	for _, line := range r.lines {
		if name, rest, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Content-Disposition") {
			if value != "" {
				t.Errorf("two Content-Dispositions: %q", r.lines)
			}
			value = strings.TrimPrefix(rest, " ")
		}
		if strings.ContainsFunc(line, func(c rune) bool { return c < 0x20 || c > 0x7e }) {
			t.Errorf("a byte outside ASCII in the head: %q", line)
		}
	}
	m := disposition.FindStringSubmatch(value)
	if m == nil {
		t.Errorf("Content-Disposition %q is outside the grammar", value)
		return "", ""
	}
	ascii, full = m[2], m[2]
	if escapeInName.MatchString(ascii) {
		t.Errorf("an escape that a client may decode: %q", value)
	}
	if m[3] != "" {
		var err error
		if full, err = url.PathUnescape(m[3]); err != nil || !utf8.ValidString(full) {
			t.Errorf("%q is no UTF-8: %v", value, err)
		}
	}
	if strings.ContainsAny(full, "/\\") || strings.ContainsFunc(full, dangerous) || strings.TrimSpace(full) != full {
		t.Errorf("%q names %q", value, full)
	}
	if filepath.Ext(ascii) != filepath.Ext(full) && isASCII(filepath.Ext(full)) && !strings.ContainsAny(filepath.Ext(full), `"%`) {
		t.Errorf("the extensions of %q differ", value)
	}
	return ascii, full
}

// dangerous are characters that no file name may have: controls and those that
// change how the others are read.
func dangerous(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029 || r == 0xfeff
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > 0x7e }) < 0 }

// Item names are any bytes; what is wanted of one is the name a client saves,
// "" if only the grammar matters.
var names = []struct{ name, give, want string }{
	{"line break", "a\r\nX-Evil: 1\r\n\r\n<b>.txt", "a__X-Evil: 1____<b>.txt"},
	{"lone CR", "a\rSet-Cookie: x=1.txt", "a_Set-Cookie: x=1.txt"},
	{"lone LF", "a\nSet-Cookie: x=1.txt", "a_Set-Cookie: x=1.txt"},
	{"NUL", "a\x00b.txt", "a_b.txt"},
	{"DEL and tab", "a\x7f\tb.txt", "a__b.txt"},
	{"reflected download", `setup.bat";x=.txt`, `setup.bat";x=.txt`},
	{"second parameter", `x.txt"; filename="evil.exe`, ""},
	{"second extended parameter", `x.txt"; filename*=UTF-8''evil.exe`, ""},
	{"semicolon", "a;b;c.txt", "a;b;c.txt"},
	{"backslash at the end", `a.txt\`, "a.txt_"},
	{"escaped quote", `a\".exe`, `a_".exe`},
	{"percent", "100%41.txt", "100%41.txt"},
	{"percent-encoded quote", "a%22;x=.txt", "a%22;x=.txt"},
	{"path", "../../etc/passwd", ".._.._etc_passwd"},
	{"Windows path", `C:\Windows\x.exe`, "C:_Windows_x.exe"},
	{"right-to-left override", "photo\u202egnp.exe", "photognp.exe"},
	{"isolates and marks", "a\u2066b\u2067c\u2068d\u2069e\u200ef\u200fg\u061c.txt", "abcdefg.txt"},
	{"C1", "a\u0085b\u009bc.txt", "a_b_c.txt"},
	{"line separator", "a\u2028b\u2029c.txt", "abc.txt"},
	{"byte order mark", "\ufeffa.txt", "a.txt"},
	{"full-width quote", "a\uff02;x=\uff02.txt", "a\uff02;x=\uff02.txt"},
	{"full-width slash and dots", "\uff0e\uff0e\uff0fa.txt", "\uff0e\uff0e\uff0fa.txt"},
	{"right-to-left letters", "\u05e9\u05dc\u05d5\u05dd.pdf", "\u05e9\u05dc\u05d5\u05dd.pdf"},
	{"emoji and combining", "e\u0301\U0001f600.txt", "e\u0301\U0001f600.txt"},
	{"replacement character", "a\ufffdb.txt", "a_b.txt"},
	{"spaces and dots around", "  a.txt. . ", "a.txt"},
	{"only dots", "...", "download"},
	{"only overrides", "\u202e\u202d", "download"},
	{"encoded word", "=?utf-8?q?evil=2eexe?=.txt", "=?utf-8?q?evil=2eexe?=.txt"},
	{"long", strings.Repeat("n", 4000) + ".pdf", strings.Repeat("n", 251) + ".pdf"},
	{"HTML", `<img src=x onerror=alert(1)>.txt`, `<img src=x onerror=alert(1)>.txt`},
}

func TestSecurityItemNames(t *testing.T) {
	onAll(t, func(t *testing.T, _ string) string {
		items := ""
		for i, row := range names {
			items += fmt.Sprintf(`{"slug":"i%d","key":"a.txt","name":%s,"visible":true}`+"\n", i, quoted(t, row.give))
		}
		return items
	}, func(t *testing.T, v *victim) {
		for i, row := range names {
			t.Run(row.name, func(t *testing.T) {
				r := v.one(t, get(fmt.Sprintf("/d/i%d", i)), 200)
				if string(r.body) != contentA {
					t.Errorf("got the body %q", r.body)
				}
				if _, full := v.wantDisposition(t, r); row.want != "" && full != row.want {
					t.Errorf("got the name %q, want %q", full, row.want)
				}
				if r.header.Get("X-Evil") != "" || r.header.Get("Set-Cookie") != "" {
					t.Errorf("a name made a field: %q", r.lines)
				}
			})
		}
		page := v.one(t, get("/"), 200)
		if strings.Contains(string(page.body), "<img src=x") || strings.Contains(string(page.body), "\u202e") {
			t.Errorf("a name is markup in the index page")
		}
	})
}

func quoted(t *testing.T, s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Names on the disk that hold control characters cannot be asked for at all.
func TestSecurityFileNames(t *testing.T) {
	served := []string{`setup.bat";x=.txt`, `a";b;"c.txt`, "photo\u202egnp.exe", "a\u0085.txt", "a\u2028b.txt", "\uff02.txt", "a%0d%0aX-Evil: 1.txt", "\xc0\xae.txt", `a\b".txt`}
	hidden := []string{"a\r\nX-Evil: 1.txt", "a\nb.txt", "a\x7f.txt", "a\x1b[2J.txt", `a\..\b.txt`}
	prepare := func(t *testing.T, root string) string {
		for _, name := range append(served, hidden...) {
			write(t, filepath.Join(root, name), "content")
		}
		return ""
	}
	onAll(t, prepare, func(t *testing.T, v *victim) {
		for _, name := range served {
			r := v.one(t, get("/files/"+everyByteEscaped(name)), 200)
			v.wantDisposition(t, r)
			if string(r.body) != "content" {
				t.Errorf("%q: got %q", name, r.body)
			}
		}
		for _, name := range hidden {
			v.refuses(t, "/files/"+everyByteEscaped(name))
		}
	})
}

const script = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`

// active are names and item media types by which a browser might run the bytes.
var active = []string{
	"x.html", "x.HTM", "x.xhtml", "x.xht", "x.shtml", "x.svg", "x.svgz", "x.xml", "x.xsl", "x.rdf", "x.atom", "x.js", "x.mjs", "x.pdf", "x.txt", "x.jpg",
	"x.gif", "x", "x.unknown", "x.txt.html", "x.html.", "x.swf", "x.mht", "x.hta", "x.wasm", "x.css", "x.json", "x.png",
}

func TestSecurityActiveContent(t *testing.T) {
	mediaTypes := []string{"text/html", "TEXT/HTML", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "application/rss+xml", "text/javascript", "multipart/x-mixed-replace", "message/rfc822"}
	prepare := func(t *testing.T, root string) (items string) {
		for i, name := range active {
			write(t, filepath.Join(root, name), script)
			items += fmt.Sprintf(`{"slug":"n%d","key":%s,"inline":true}`+"\n", i, quoted(t, name))
		}
		for i, mediaType := range mediaTypes {
			items += fmt.Sprintf(`{"slug":"m%d","key":"x.txt","inline":true,"media_type":%s}`+"\n", i, quoted(t, mediaType))
		}
		return items
	}
	onAll(t, prepare, func(t *testing.T, v *victim) {
		var targets []string
		for i, name := range active {
			targets = append(targets, "/files/"+name, fmt.Sprintf("/d/n%d", i))
		}
		for i := range mediaTypes {
			targets = append(targets, fmt.Sprintf("/d/m%d", i))
		}
		for _, target := range targets {
			for _, request := range []string{get(target), ask("HEAD", target), get(target, "Range: bytes=0-3")} {
				v.wantHarmless(t, target, v.one(t, request, 200, 206))
			}
		}
		if r := v.one(t, get("/d/n13"), 200); !strings.HasPrefix(r.header.Get("Content-Disposition"), "inline") {
			t.Errorf("plain text asked to be shown is %q: the rows above show nothing inline", r.header.Get("Content-Disposition"))
		}
	})
}

// wantHarmless wants content that can run script to be saved, and what is shown
// to be shown in a sandbox.
func (v *victim) wantHarmless(t *testing.T, target string, r reply) {
	t.Helper()
	shown := strings.HasPrefix(r.header.Get("Content-Disposition"), "inline")
	if csp := r.header.Get("Content-Security-Policy"); shown && !strings.Contains(csp, "sandbox") {
		t.Errorf("%s: shown outside a sandbox: %q", target, r.lines)
	}
	mediaType, _, _ := strings.Cut(strings.ToLower(r.header.Get("Content-Type")), ";")
	for _, bad := range []string{"html", "svg", "xml", "script", "multipart", "message", "flash"} {
		if shown && strings.Contains(mediaType, bad) {
			t.Errorf("%s: %s is shown: %q", target, mediaType, r.lines)
		}
	}
	if mediaType == "" {
		t.Errorf("%s: no Content-Type, which invites guessing: %q", target, r.lines)
	}
}

// stable are the lines of an answer that are the same for the same request.
func (r reply) stable() []string {
	var lines []string
	for _, line := range r.lines {
		name, value, _ := strings.Cut(line, ":")
		if name = http.CanonicalHeaderKey(name); name != "Date" && name != "X-Request-Id" {
			lines = append(lines, name+":"+value)
		}
	}
	slices.Sort(lines)
	return lines
}

const evil = "evil.example"

// Nothing in a query or a field of the request steers what is sent, nor comes
// back in it.
func TestSecuritySteering(t *testing.T) {
	prepare := func(*testing.T, string) string {
		return `{"slug":"a","key":"a.txt"}` + "\n" + `{"slug":"listed","key":"a.txt","visible":true}` + "\n"
	}
	onBoth(t, prepare, func(t *testing.T, v *victim) {
		for _, target := range []string{"/files/a.txt", "/d/a", "/files/none", "/", "/feed.atom", "/sitemap.xml", "/healthz"} {
			for _, method := range []string{"GET", "HEAD"} {
				v.unsteered(t, method, target)
			}
		}
	})
}

func (v *victim) unsteered(t *testing.T, method, target string) {
	t.Helper()
	want := v.one(t, ask(method, target))
	compare := func(what string, r reply) {
		if r.status != want.status || string(r.body) != string(want.body) || !slices.Equal(r.stable(), want.stable()) {
			t.Errorf("%s %s with %s: got %d %q, want %d %q", method, target, what, r.status, r.stable(), want.status, want.stable())
		}
		if strings.Contains(strings.Join(r.lines, "\n")+string(r.body), evil) {
			t.Errorf("%s %s: %s is reflected: %q", method, target, what, r.lines)
		}
	}
	for _, query := range []string{
		"response-content-type=text/html", "response-content-disposition=inline", "response-content-disposition=attachment%3B+filename%3D" + evil,
		"response-cache-control=public", "response-content-encoding=gzip", "response-expires=x", "inline=1", "download=" + evil, "filename=" + evil, "path=../canary.txt",
		"file=/etc/passwd", "_method=DELETE", "callback=" + evil, "format=html", "unknown=" + evil, "%0d%0aX-Evil:" + evil, "a;b", "%", "X-Accel-Redirect=/_internal/files/a.txt",
	} {
		compare("?"+query, v.one(t, ask(method, target+"?"+query)))
	}
	for _, field := range []string{
		"X-HTTP-Method-Override: DELETE", "X-HTTP-Method: PUT", "X-Method-Override: POST", "X-Original-URL: /files/sub/b.txt", "X-Rewrite-URL: /files/sub/b.txt",
		"X-Forwarded-Host: " + evil, "X-Forwarded-For: " + evil, "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /" + evil, "X-Forwarded-Server: " + evil, "Forwarded: host=" + evil,
		"X-Host: " + evil, "X-Real-IP: " + evil, "Referer: http://" + evil + "/", "Origin: http://" + evil, "Cookie: a=" + evil, "User-Agent: " + evil,
		"X-Request-Id: " + evil, "Accept: text/html", "Accept-Language: xx", "Accept-Charset: utf-7", "Accept-Encoding: gzip, br", "TE: trailers", "Content-Type: text/html",
		"X-Accel-Redirect: /_internal/files/sub/b.txt", "X-Accel-Mapping: /=/_internal/files/", "X-Accel-Expires: 9", "X-Accel-Buffering: no", "X-Accel-Limit-Rate: 1", "X-Accel-Charset: x",
		"X-Sendfile: /etc/passwd", "X-Sendfile-Type: X-Sendfile", "X-Sendfile2: /etc/passwd 0-", "X-Lighttpd-Send-File: /etc/passwd", "X-Reproxy-URL: http://" + evil,
		"Cache-Control: max-age=9", "Pragma: no-cache", "Via: 1.1 " + evil, "Max-Forwards: 0", "Upgrade-Insecure-Requests: 1", "Authorization: Basic " + evil, "Expect-CT: x", "X-Evil: " + evil,
	} {
		compare(field, v.one(t, ask(method, target, field)))
	}
	for _, host := range []string{evil, evil + ":80", "127.0.0.1", "localhost:1"} {
		request := strings.Replace(ask(method, target), "files.test", host, 1)
		compare("Host "+host, v.one(t, request))
	}
	absolute := v.one(t, ask(method, "http://"+evil+target))
	compare("absolute form", absolute)
}

// HEAD has the fields of GET and no body; the answers to requests that were
// sent in one go follow each other without a byte between them.
func TestSecurityHeadStaysInStep(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, v *victim) {
		for _, target := range []string{"/files/a.txt", "/files/pattern.bin", "/files/none", "/", "/healthz", "/d/none"} {
			methods := []string{"HEAD", "GET", "HEAD", "HEAD", "GET"}
			pipeline := ""
			for _, m := range methods[:4] {
				pipeline += message(m, target)
			}
			k := say(t, v.addr, pipeline+ask("GET", target), patience)
			v.laws(t, "pipeline "+target, k, methods...)
			all, rest := k.replies(methods...)
			if len(all) != len(methods) || len(rest) > 0 {
				t.Fatalf("%s: got %d answers and %d other bytes, want %d and none", target, len(all), len(rest), len(methods))
			}
			if all[0].status != all[1].status || !slices.Equal(all[0].stable(), all[1].stable()) || len(all[0].body) > 0 {
				t.Errorf("%s: HEAD %d %q, GET %d %q", target, all[0].status, all[0].stable(), all[1].status, all[1].stable())
			}
			if n := fmt.Sprint(len(all[4].body)); n == "0" || all[0].header.Get("Content-Length") != n {
				t.Errorf("%s: HEAD announces %s bytes, GET sends %s", target, all[0].header.Get("Content-Length"), n)
			}
		}
	})
}

// 304, 412 and 416 by HEAD or GET have no file in them and leave the connection
// in step.
func TestSecurityBodilessAnswers(t *testing.T) {
	onAll(t, nil, func(t *testing.T, v *victim) {
		whole := v.one(t, get("/files/a.txt"), 200)
		for _, method := range []string{"GET", "HEAD"} {
			for _, field := range []string{
				"If-None-Match: " + whole.header.Get("Etag"), "If-None-Match: *", "If-Modified-Since: " + whole.header.Get("Last-Modified"),
			} {
				v.wantNotModified(t, method, field, whole.header)
			}
			r := v.one(t, ask(method, "/files/a.txt", `If-Match: "x"`), 412)
			v.wantNoFile(t, r)
		}
		r := v.one(t, get("/files/a.txt", "Range: bytes=999-"), 416)
		v.wantNoFile(t, r)
		if got := r.header.Get("Content-Range"); got != fmt.Sprintf("bytes */%d", len(contentA)) {
			t.Errorf("416 with Content-Range %q", got)
		}
	})
}

func (v *victim) wantNotModified(t *testing.T, method, field string, whole http.Header) {
	t.Helper()
	k := say(t, v.addr, message(method, "/files/a.txt", field, "Range: bytes=0-1")+get("/files/a.txt"), patience)
	v.laws(t, field, k, method, "GET")
	all, rest := k.replies(method, "GET")
	if len(all) != 2 || len(rest) > 0 || all[0].status != 304 || len(all[0].body) > 0 || string(all[1].body) != contentA {
		t.Fatalf("%s with %s: got %.500q, want 304 and then the file", method, field, k.raw)
	}
	h := all[0].header
	for _, name := range []string{"Etag", "Cache-Control", "Vary", "Expires", "Last-Modified"} {
		if h.Get(name) != whole.Get(name) {
			t.Errorf("%s: 304 has %s %q, 200 has %q", field, name, h.Get(name), whole.Get(name))
		}
	}
	for _, name := range []string{"Content-Type", "Content-Range", "Content-Disposition", "Content-Length", "Content-Encoding"} {
		if h.Get(name) != "" {
			t.Errorf("%s: 304 with %s: %q", field, name, h.Get(name))
		}
	}
	if c := h.Get("Cache-Control"); !strings.Contains(c, "private") {
		t.Errorf("a protected file may be stored by everyone: %q", c)
	}
}

func (v *victim) wantNoFile(t *testing.T, r reply) {
	t.Helper()
	if strings.Contains(string(r.body), contentA[:5]) || r.header.Get("Content-Disposition") != "" || r.header.Get("Etag") != "" {
		t.Errorf("status %d with the file: %q %q", r.status, r.lines, r.body)
	}
}
