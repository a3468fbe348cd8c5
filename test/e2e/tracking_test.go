package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/test/server"
	"github.com/downlink-go/downlink/track/accesslog"
)

// tracked is a site behind nginx whose downloads are awaited in nginx's log.
type tracked struct {
	t               *testing.T
	nginx           *server.Process
	downlink        *server.Process
	conf, data, log string
	at              accesslog.Position
}

const (
	trackedSize = 64 << 20
	smallSize   = 1000
)

func behindTrackingNginx(t *testing.T) *tracked {
	t.Helper()
	server.NeedFront(t, nginx)
	dir := t.TempDir()
	files, data := filepath.Join(dir, "files"), filepath.Join(dir, "data")
	must(t, os.Mkdir(files, 0o755))
	must(t, os.WriteFile(filepath.Join(files, "small.bin"), make([]byte, smallSize), 0o644))
	must(t, os.WriteFile(filepath.Join(files, "big.bin"), nil, 0o644))
	must(t, os.Truncate(filepath.Join(files, "big.bin"), trackedSize))
	server.LetIn(t, files)
	x := &tracked{t: t, conf: filepath.Join(dir, "downlink.toml"), data: data, log: filepath.Join(dir, "downloads.log")}
	must(t, os.WriteFile(x.conf, []byte(fmt.Sprintf(`[server]
listen = "unix:%s/downlink.sock"
request_id_header = "X-Request-Id"
client_address_header = "X-Forwarded-For"
data = %q
[tracking]
await_log = "48h"
[stores.files]
path = %q
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
[[offload]]
front = "nginx"
source = "files"
destination = "/_internal/files/"
`, dir, data, files)), 0o600))
	x.downlink = server.Downlink(t, []string{"--config", x.conf, "--data", x.data})
	addr := server.FreePort(t)
	block := server.Run(t, "front", nginx, "--config", x.conf, "--listen", addr, "--access-log", "off", "--downloads-log", x.log)
	x.nginx = server.Front(t, nginx, addr, block)
	return x
}

func (x *tracked) get(method, path string, fields ...string) {
	x.t.Helper()
	r, err := http.NewRequest(method, "http://"+x.nginx.Addr+path, nil)
	must(x.t, err)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	must(x.t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	must(x.t, err)
}

// abort takes the beginning of a file and goes away.
func (x *tracked) abort(path string) {
	x.t.Helper()
	c, err := net.Dial("tcp", x.nginx.Addr)
	must(x.t, err)
	defer c.Close()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
	_, err = bufio.NewReader(c).Peek(1000)
	must(x.t, err)
}

// lines waits for as many lines of nginx's log as there should be.
func (x *tracked) lines(want int) {
	x.t.Helper()
	var text []byte
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		text, _ = os.ReadFile(x.log)
		if strings.Count(string(text), "\n") == want {
			return
		}
	}
	x.t.Fatalf("%d lines should be in the log:\n%s", want, text)
}

// imported reads the log as a minute later.
func (x *tracked) imported() accesslog.Report {
	x.t.Helper()
	db, err := sqlcat.Open(filepath.Join(x.data, "catalog.db"))
	must(x.t, err)
	defer db.Close()
	m := accesslog.Importer{Counter: db, Now: time.Now().Add(time.Minute)}
	at, report, err := m.Import(x.t.Context(), x.log, x.at)
	must(x.t, err)
	must(x.t, report.Err())
	x.at = at
	return report
}

func (x *tracked) counts(name string) catalog.Tally {
	x.t.Helper()
	db, err := sqlcat.Open(filepath.Join(x.data, "catalog.db"))
	must(x.t, err)
	defer db.Close()
	sums, err := db.Counts(context.Background(), catalog.CountQuery{Items: []string{name}})
	must(x.t, err)
	return sums[0].Tally
}

// TestC5_NginxTellsWhatWasComplete: nginx sends, its log says how it ended, and each
// download is noted once, also from a log that was rotated.
func TestC5_NginxTellsWhatWasComplete(t *testing.T) {
	x := behindTrackingNginx(t)
	x.get("GET", "/files/small.bin")
	x.get("GET", "/files/small.bin", "Range", "bytes=0-")
	x.get("GET", "/files/small.bin", "Range", "bytes=0-99")
	x.get("GET", "/files/small.bin", "Range", "bytes=100-")       // goes on with it, and counts nothing
	x.get("GET", "/files/small.bin", "Range", "bytes=0-1")        // a probe
	x.get("GET", "/files/small.bin", "Range", "bytes=0-0,10-999") // Downlink sends that
	x.get("GET", "/files/small.bin", "User-Agent", "Googlebot/2.1")
	x.get("HEAD", "/files/small.bin")
	x.get("GET", "/files/none.bin")
	x.abort("/files/big.bin")
	x.lines(7) // those that nginx sent

	out := server.Run(t, "import-log", x.log, "--config", x.conf)
	if !strings.HasPrefix(out, "0 lines were read, the end of 0 downloads was noted; lines of the last 10 seconds are left") {
		t.Errorf("got %s", out)
	}
	waitForCounts(t, func() bool {
		return x.counts("/files/small.bin").Downloads == 4 && x.counts("/files/big.bin").Downloads == 1
	})
	direct := x.counts("/files/small.bin").Bytes // of what Downlink sent
	if r := x.imported(); r.Lines != 7 || r.Noted != 5 {
		t.Errorf("got %+v", r)
	}
	small, big := x.counts("/files/small.bin"), x.counts("/files/big.bin")
	if want := (catalog.Tally{Downloads: 4, Bots: 1, Completed: 2, Bytes: direct + 3*smallSize + 100}); small != want {
		t.Errorf("small.bin: got %+v, want %+v", small, want)
	}
	if big.Downloads != 1 || big.Completed != 0 || big.Bytes < 1 || big.Bytes >= trackedSize {
		t.Errorf("big.bin: got %+v", big)
	}

	x.get("GET", "/files/big.bin")
	x.lines(8)
	must(t, os.Rename(x.log, x.log+".1"))
	must(t, syscall.Kill(x.nginx.PID, syscall.SIGUSR1)) // nginx writes a new one
	waitForCounts(t, func() bool { _, err := os.Stat(x.log); return err == nil })
	x.get("GET", "/files/small.bin")
	x.lines(1)
	waitForCounts(t, func() bool {
		return x.counts("/files/small.bin").Downloads == 5 && x.counts("/files/big.bin").Downloads == 2
	})
	if r := x.imported(); r.Lines != 2 || r.Noted != 2 {
		t.Errorf("after rotation: got %+v", r)
	}
	x.at = accesslog.Position{}
	if r := x.imported(); r.Noted != 0 {
		t.Errorf("again: got %+v", r)
	}
	if got := x.counts("/files/big.bin").Completed + x.counts("/files/small.bin").Completed; got != 4 {
		t.Errorf("%d are complete, want 4", got)
	}
}

func waitForCounts(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not within 20 s")
		}
	}
}

// TestImportLogKeepsItsPlace runs the command: it goes on where it stopped, and tells
// what it could not read.
func TestImportLogKeepsItsPlace(t *testing.T) {
	dir := t.TempDir()
	conf, log := filepath.Join(dir, "downlink.toml"), filepath.Join(dir, "downloads.log")
	must(t, os.Mkdir(filepath.Join(dir, "files"), 0o755))
	must(t, os.WriteFile(conf, []byte("[server]\ndata = \"data\"\nrequest_id_header = \"X-Request-Id\"\n[tracking]\nawait_log = \"1h\"\n[stores.files]\npath = \"files\"\n"), 0o600))
	line := `{"time":1795251600.123,"id":"0123456789abcdef","status":200,"bytes":5}` + "\n"
	must(t, os.WriteFile(log, []byte(line+line), 0o600))
	run := func(args ...string) (string, error) {
		out, err := exec.Command(server.Program(t), append([]string{"import-log", log, "--config", conf}, args...)...).CombinedOutput()
		return string(out), err
	}
	for _, step := range []struct{ name, args, want string }{
		{"at first", "", "2 lines were read"}, {"again", "", "0 lines were read"}, {"from the start", "--from-start", "2 lines were read"},
	} {
		if out, err := run(strings.Fields(step.args)...); err != nil || !strings.HasPrefix(out, step.want) {
			t.Errorf("%s: got %s, %v", step.name, out, err)
		}
	}
	must(t, os.WriteFile(log, []byte(line+line+"nonsense\n"+line), 0o600))
	if out, err := run(); err == nil || !strings.Contains(out, "2 lines were read") || !strings.Contains(out, "no line of a downloads log") {
		t.Errorf("a faulty line: got %s, %v", out, err)
	}
	if out, err := run(); err != nil || !strings.HasPrefix(out, "0 lines were read") {
		t.Errorf("after it: got %s, %v", out, err)
	}
	must(t, os.WriteFile(conf, []byte("[stores.files]\npath = \"files\"\n"), 0o600))
	if out, err := run(); err == nil || !strings.Contains(out, "has no await_log below [tracking]") {
		t.Errorf("nothing is awaited: got %s, %v", out, err)
	}
}
