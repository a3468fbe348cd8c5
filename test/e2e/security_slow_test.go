package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowCut is the longest that a slow header may hold a connection.
const slowCut = 15 * time.Second

// drip sends a message a byte at a time until the server closes the connection,
// and returns how long that took; at most limit.
func drip(t *testing.T, addr, head, endless string, limit time.Duration) time.Duration {
	t.Helper()
	c := dial(t, addr)
	if c == nil {
		return 0
	}
	defer c.Close()
	start := time.Now()
	c.SetDeadline(start.Add(limit))
	io.WriteString(c, head)
	go func() {
		for i := 0; endless != ""; i++ {
			if _, err := io.WriteString(c, endless[i%len(endless):i%len(endless)+1]); err != nil {
				return
			}
			time.Sleep(500 * time.Millisecond)
		}
	}()
	io.Copy(io.Discard, c)
	return time.Since(start)
}

func TestSecuritySlowHeadersAreCut(t *testing.T) {
	t.Parallel()
	onBoth(t, nil, func(t *testing.T, v *victim) {
		t.Parallel()
		var group sync.WaitGroup // not subtests: few of those run at a time
		for _, row := range []struct{ name, head, endless string }{
			{"silent", "", ""},
			{"half a method", "GE", ""},
			{"half a request line", "GET /files/a.t", ""},
			{"slow request line", "GET /files/", "a"},
			{"slow field name", "GET /files/a.txt HTTP/1.1\r\nHost: x\r\nX", "a"},
			{"slow fields", "GET /files/a.txt HTTP/1.1\r\nHost: x\r\n", "X: y\r\n"},
			{"no end of the head", "GET /files/a.txt HTTP/1.1\r\nHost: x\r\n", ""},
			{"only line ends", "\r\n", "\r\n"},
			{"slow second request", message("GET", "/files/a.txt"), "GET /"},
			{"TLS", clientHello, "\xaa"},
		} {
			group.Go(func() {
				took := drip(t, v.addr, row.head, row.endless, slowCut+2*time.Second)
				if took > slowCut {
					t.Errorf("%s: open after %v", row.name, took)
				}
			})
		}
		group.Wait()
	})
}

// hold opens n connections that stay as they are until the test ends. step, if
// not nil, is called for each of them over and over, a second apart.
func hold(t *testing.T, addr string, n int, message string, step func(c *net.TCPConn) error) {
	t.Helper()
	done := make(chan struct{})
	var group sync.WaitGroup
	for range n {
		c := dial(t, addr)
		if c == nil {
			t.FailNow()
		}
		if strings.HasPrefix(message, "GET /files/big.bin") {
			c.SetReadBuffer(4 << 10)
		}
		if _, err := io.WriteString(c, message); err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			defer c.Close()
			for {
				select {
				case <-done:
					return
				case <-time.After(time.Second):
				}
				if step != nil && step(c) != nil {
					step = nil // cut off by the server, as it should be
				}
			}
		})
	}
	t.Cleanup(func() {
		close(done)
		group.Wait()
	})
}

func TestSecuritySlowClients(t *testing.T) {
	prepare := func(t *testing.T, root string) string {
		file, err := os.Create(filepath.Join(root, "big.bin"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := file.Truncate(1 << 30); err != nil {
			t.Fatal(err)
		}
		return ""
	}
	onBoth(t, prepare, func(t *testing.T, v *victim) {
		say := func(s string) func(*net.TCPConn) error {
			return func(c *net.TCPConn) error { _, err := io.WriteString(c, s); return err }
		}
		read := func(c *net.TCPConn) error { _, err := c.Read(make([]byte, 100)); return err }
		hold(t, v.addr, 50, "GET /files/a.txt HTTP/1.1\r\nHost: x\r\n", say("X: y\r\n"))
		hold(t, v.addr, 50, "", nil)
		hold(t, v.addr, 20, message("GET", "/files/big.bin"), read)
		hold(t, v.addr, 20, "POST /files/a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n", say("x"))
		hold(t, v.addr, 100, message("GET", "/files/a.txt"), nil)
		for end := time.Now().Add(4 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			v.alive(t, 2*time.Second)
		}
	})
}

// usage is what a process holds.
type usage struct{ descriptors, resident int }

func usageOf(t *testing.T, pid int) usage {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d", pid)
	fds, err := os.ReadDir(dir + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	statm, err := os.ReadFile(dir + "/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	if err != nil {
		t.Fatal(err)
	}
	return usage{len(fds), pages * os.Getpagesize()}
}

// processes are downlink and the workers of nginx.
func (v *victim) processes(t *testing.T) map[string]int {
	t.Helper()
	all := map[string]int{"downlink": v.downlink.PID}
	if v.front == nil {
		return all
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", v.front.PID))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		all[fmt.Sprintf("nginx worker %d", i)] = pid
	}
	return all
}

// abort sends a request, reads some of the answer and resets the connection.
func (v *victim) abort(t *testing.T, request string, read int) {
	c := dial(t, v.addr)
	if c == nil {
		return
	}
	c.SetLinger(0)
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, request)
	if read > 0 {
		io.CopyN(io.Discard, c, int64(read))
	}
	c.Close()
}

// counting is how many files Downlink holds open once the catalogue was asked or
// something was counted: the database, its log and the log's index.
const counting = 3

// keptAlive is how many idle connections nginx keeps to Downlink, as its
// configuration says.
const keptAlive = 32

func TestSecurityAborts(t *testing.T) {
	prepare := func(t *testing.T, root string) string {
		write(t, filepath.Join(root, "big.bin"), strings.Repeat("big content ", 4<<20))
		return ""
	}
	const mostGrowth = 32 << 20
	onBoth(t, prepare, func(t *testing.T, v *victim) {
		multipart := "Range: bytes=0-9999999,20000000-29999999,40000000-49999999"
		for range 20 { // what a server keeps once it has served at all
			v.alive(t, patience)
			v.one(t, get("/files/pattern.bin", "Range: bytes=0-9,20-29"), 206)
		}
		before := map[string]usage{}
		for name, pid := range v.processes(t) {
			found := usageOf(t, pid)
			found.descriptors += counting
			if v.front != nil {
				found.descriptors += keptAlive
			}
			before[name] = found
		}
		var group sync.WaitGroup
		for worker := range 10 {
			group.Go(func() {
				for i := range 50 {
					fields := []string{"X: y"}
					if i%2 == 0 {
						fields[0] = multipart
					}
					v.abort(t, message("GET", "/files/big.bin", fields...), []int{0, 1, 500, 200_000, 12_000_000}[(i+worker)%5])
				}
			})
		}
		group.Wait()
		for name, pid := range v.processes(t) {
			v.wantBaseline(t, name, pid, before[name], mostGrowth)
		}
		v.alive(t, patience)
		if log := v.downlink.Log(); strings.Contains(log, "level=ERROR") {
			t.Errorf("a client that went away is logged as an error")
		}
	})
}

// wantBaseline waits for a process to hold what it held before.
func (v *victim) wantBaseline(t *testing.T, name string, pid int, before usage, growth int) {
	t.Helper()
	var now usage
	for end := time.Now().Add(45 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if now = usageOf(t, pid); now.descriptors <= before.descriptors && now.resident <= before.resident+growth {
			t.Logf("%s: descriptors %d, then %d; resident KiB %d, then %d", name, before.descriptors, now.descriptors, before.resident>>10, now.resident>>10)
			return
		}
	}
	t.Errorf("%s: descriptors %d, then %d; resident KiB %d, then %d", name, before.descriptors, now.descriptors, before.resident>>10, now.resident>>10)
}
