package e2e

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

// TestFileChangesDuringDownload: what is announced is what is sent. A file that is
// replaced or deleted is sent to its end all the same, one that grows as far as was
// announced; one that is cut breaks the transfer off.
func TestFileChangesDuringDownload(t *testing.T) {
	const size = 64 << 20 // more than buffers between the two hold
	for name, c := range map[string]struct {
		change   func(t *testing.T, file string)
		complete bool
	}{
		"replaced": {func(t *testing.T, file string) {
			write(t, file+".new", "new")
			must(t, os.Rename(file+".new", file))
		}, true},
		"deleted":   {func(t *testing.T, file string) { must(t, os.Remove(file)) }, true},
		"appended":  {func(t *testing.T, file string) { must(t, os.Truncate(file, 2*size)) }, true},
		"truncated": {func(t *testing.T, file string) { must(t, os.Truncate(file, size/2)) }, false},
		"emptied":   {func(t *testing.T, file string) { must(t, os.Truncate(file, 0)) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "a.bin")
			write(t, file, "start")
			must(t, os.Truncate(file, size))
			p := server.Downlink(t, []string{dir})
			conn, err := net.Dial("tcp", p.Addr)
			must(t, err)
			defer conn.Close()
			must(t, conn.(*net.TCPConn).SetReadBuffer(64<<10))
			io.WriteString(conn, "GET /files/a.bin HTTP/1.1\r\nHost: x\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			must(t, err)
			_, err = io.CopyN(io.Discard, resp.Body, 1<<10)
			must(t, err)
			c.change(t, file)
			must(t, conn.SetReadDeadline(time.Now().Add(30*time.Second)))
			n, err := io.Copy(io.Discard, resp.Body)
			if resp.ContentLength != size || (err == nil) != c.complete || c.complete && n != size-1<<10 {
				t.Errorf("%s of %d bytes, and %d more came, %v; complete should be %v", strconv.Itoa(1<<10), resp.ContentLength, n, err, c.complete)
			}
			if c.complete { // the connection stays in step
				io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
				if next, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || next.StatusCode != 200 {
					t.Errorf("the next request: %v, %v", next, err)
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
