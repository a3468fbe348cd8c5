package e2e

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

// TestFirstStart measures from exec to the first answers, with a data folder that
// is not there yet. The page at "/" asks the catalogue.
func TestFirstStart(t *testing.T) {
	dir := t.TempDir()
	server.Program(t)
	best := time.Hour
	for range 3 { // another process may have had the machine
		data := filepath.Join(t.TempDir(), "new")
		start := time.Now()
		p := server.Downlink(t, []string{dir, "--data", data})
		for _, path := range []string{"/healthz", "/"} {
			resp, err := http.Get("http://" + p.Addr + path)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != 200 {
				t.Fatalf("%s: status %d", path, resp.StatusCode)
			}
		}
		best = min(best, time.Since(start))
	}
	t.Logf("first answers after %v", best)
	if best > time.Second {
		t.Errorf("first answers after %v, want less than a second", best)
	}
}

// TestShutdownFinishesDownloads ends the server in the middle of a download.
func TestShutdownFinishesDownloads(t *testing.T) {
	dir := t.TempDir()
	writeRandom(t, filepath.Join(dir, largeFile), largeSize, largeSize, 0)
	p := server.Downlink(t, []string{dir})
	c, err := net.Dial("tcp", p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// More than the buffers between the two must be left when the server is told
	// to end, so that only a server that goes on can complete the download.
	if err := c.(*net.TCPConn).SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	io.WriteString(c, "GET "+filesPath(largeFile)+" HTTP/1.1\r\nHost: x\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.PID, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitRefused(t, p.Addr)
	select {
	case err := <-p.Exit:
		t.Fatalf("the server ended (%v) before the download did", err)
	default:
	}
	sameBytes(t, resp.Body, filepath.Join(dir, largeFile))
	select {
	case err := <-p.Exit:
		if err != nil {
			t.Errorf("the server ended with %v, want success", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server is still there after the last download")
	}
}

// waitRefused waits until nothing listens at addr.
func waitRefused(t testing.TB, addr string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		c.Close()
	}
	t.Fatal("new connections are still accepted 5 s after SIGTERM")
}

// TestRunCommand runs the README's first command from the module's root: only the
// port and the data folder are not the usual ones.
func TestRunCommand(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const command = "go run ./cmd/downlink serve DIR"
	if !strings.Contains(string(readme), "\n"+command+"\n") {
		t.Errorf("README.md does not say %q", command)
	}
	dir := t.TempDir()
	writeRandom(t, filepath.Join(dir, "日本.bin"), 1<<20, 1<<20, 0)
	args := strings.Fields(strings.Replace(command, "DIR", dir, 1))
	cmd := exec.Command(args[0], append(args[1:], "--listen", "127.0.0.1:0")...)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+t.TempDir())
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go run and what it runs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		io.Copy(io.Discard, out)
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := regexp.MustCompile(`http://\S+[^/\s]`).FindString(line)
	resp, err := http.Get(url + filesPath("日本.bin"))
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	defer resp.Body.Close()
	sameBytes(t, resp.Body, filepath.Join(dir, "日本.bin"))
}
