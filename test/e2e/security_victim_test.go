package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

// The ways in which a server stands before its clients.
const (
	direct   = "direct"
	nginx    = "nginx"
	apache   = "apache"
	lighttpd = "lighttpd"
	caddy    = "caddy"
)

// victim is a running server of local files with secrets around them.
type victim struct {
	name     string // direct or that of the front server
	addr     string
	downlink *server.Process
	front    *server.Process // nil if direct
	top      string          // holds root, its sibling root-secret and canary.txt
	root     string          // what is served
}

const (
	canary   = "CANARY-4f1d0c-nobody-may-read-this"
	contentA = "the content of a\n"
	contentB = "the content of sub/b\n"
	smuggled = "the file that a smuggled request asks for\n"
)

// canaries are texts outside the root: what lies around it, and a line that
// every /etc/passwd of Debian has.
var canaries = []string{canary, "root:x:0:0:"}

// canaryIn returns the canary in b, "" if there is none.
func canaryIn(b []byte) string {
	for _, c := range canaries {
		if bytes.Contains(b, []byte(c)) {
			return c
		}
	}
	return ""
}

// onBoth runs a test against `downlink serve DIR` and through nginx. prepare, if
// any, adds to the files before the server starts and returns the catalogue's
// items, a JSON object a line.
func onBoth(t *testing.T, prepare func(t *testing.T, root string) (items string), test func(t *testing.T, v *victim)) {
	on(t, []string{direct, nginx}, prepare, test)
}

// onAll is onBoth through every front server as well.
func onAll(t *testing.T, prepare func(t *testing.T, root string) (items string), test func(t *testing.T, v *victim)) {
	on(t, append([]string{direct}, server.Fronts...), prepare, test)
}

func on(t *testing.T, ways []string, prepare func(t *testing.T, root string) (items string), test func(t *testing.T, v *victim)) {
	for _, name := range ways {
		t.Run(name, func(t *testing.T) { test(t, newVictim(t, name, prepare)) })
	}
}

func newVictim(t *testing.T, name string, prepare func(t *testing.T, root string) string) *victim {
	t.Helper()
	top, data := t.TempDir(), t.TempDir()
	v := &victim{name: name, top: top, root: filepath.Join(top, "root")}
	for file, content := range map[string]string{
		"canary.txt": canary, "root-secret/canary.txt": canary, "rootsecret.txt": canary, "outside/canary.txt": canary,
		"root/a.txt": contentA, "root/sub/b.txt": contentB, "root/smuggled.txt": smuggled,
		"root/pattern.bin": string(pattern(patternSize)),
	} {
		write(t, filepath.Join(top, file), content)
	}
	if prepare != nil {
		if items := prepare(t, v.root); items != "" {
			file := filepath.Join(data, "items.jsonl")
			write(t, file, items)
			server.Run(t, "import", "--data", data, file)
		}
	}
	if name == direct {
		v.downlink = server.Downlink(t, []string{v.root, "--data", data})
		v.addr = v.downlink.Addr
		return v
	}
	v.front, v.downlink = server.Behind(t, name, v.root, data, "")
	v.addr = v.front.Addr
	return v
}

// log is what downlink has logged once that holds a text, which takes a moment.
func (v *victim) log(t *testing.T, text string) string {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if log := v.downlink.Log(); strings.Contains(log, text) {
			return log
		}
	}
	return v.downlink.Log()
}

func write(t testing.TB, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeSecret writes a file that its owner alone can read.
func writeSecret(t testing.TB, file, content string) {
	t.Helper()
	write(t, file, content)
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
}

const patternSize = 1_000_000

// pattern is n bytes of which no run is repeated soon.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i, x := 0, uint32(1); i < n; i++ {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// The detector of every test detects, and so does the law against errors.
func TestSecurityDetector(t *testing.T) {
	v := newVictim(t, direct, func(t *testing.T, root string) string {
		write(t, filepath.Join(root, "in-root.txt"), "..."+canary+"...")
		return ""
	})
	k := say(t, v.addr, get("/files/in-root.txt"), patience)
	if canaryIn(k.raw) != canary {
		t.Errorf("a canary that was sent was not seen in %q", k.raw)
	}
	passwd, err := os.ReadFile("/etc/passwd")
	if err == nil && canaryIn(passwd) == "" {
		t.Errorf("no canary is in /etc/passwd")
	}
	for _, head := range []string{
		"HTTP/1.1 500 X\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store",
		"HTTP/1.1 302 X\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store",
		"HTTP/1.1 404 X\r\nX-Content-Type-Options: nosniff",
		"HTTP/1.1 404 X\r\nCache-Control: no-store",
		"HTTP/1.1 404 X\r\nX-Content-Type-Options: nosniff\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store",
		"HTTP/1.1 404 X\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nServer: nginx/1.2",
		"HTTP/1.1 404 X\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nETag: \"x\"",
		"HTTP/1.1 200 X\r\nX-Content-Type-Options: nosniff\r\nx-accel-redirect: /x",
		"HTTP/1.1 200 X\r\nX-Content-Type-Options: nosniff\r\nX-Sendfile-Type: x",
		"HTTP/1.1 200 X\r\nX-Content-Type-Options: nosniff\r\nLocation: //evil",
	} {
		all, _ := talk{raw: []byte(head + "\r\nContent-Length: 0\r\n\r\n")}.replies("GET")
		if len(all) != 1 || v.lawful(all[0]) == "" {
			t.Errorf("no fault was found in %q", head)
		}
	}
}
