package e2e

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/server"
)

// sent is the end of a call in strace's log, resumed or not, with the bytes that
// it moved.
var sent = regexp.MustCompile(`(sendfile|splice)\b.*\) += (\d+)$`)

// TestSendfile has the kernel's own account of how a download over TCP leaves the
// server.
func TestSendfile(t *testing.T) {
	strace := need.Command(t, "strace")
	need.That(t, exec.Command(strace, "-qq", "-o", os.DevNull, "true").Run() == nil, "strace may not trace here")
	dir, log := t.TempDir(), filepath.Join(t.TempDir(), "strace.log")
	writeRandom(t, filepath.Join(dir, largeFile), largeSize, largeSize, 0)
	// In a subtest of its own, the server has ended and strace written all before
	// the log is read.
	t.Run("download", func(t *testing.T) {
		p := server.Downlink(t, []string{dir}, strace, "-f", "-qq", "-e", "trace=sendfile,splice", "-o", log)
		resp, err := http.Get("http://" + p.Addr + filesPath(largeFile))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		sameBytes(t, resp.Body, filepath.Join(dir, largeFile))
	})
	moved := bytesMoved(t, log)
	if least := int64(largeSize - 64<<10); moved["sendfile"] < least || moved["sendfile"] > largeSize {
		t.Errorf("sendfile(2) moved %v of %d bytes, want all but the first few KiB", moved, int64(largeSize))
	}
}

// bytesMoved adds up what each system call moved.
func bytesMoved(t testing.TB, log string) map[string]int64 {
	t.Helper()
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	moved := map[string]int64{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if m := sent.FindStringSubmatch(lines.Text()); m != nil {
			n, _ := strconv.ParseInt(m[2], 10, 64)
			moved[m[1]] += n
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return moved
}
