package lambda_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/lambda"
	"github.com/downlink-go/downlink/test/server"
)

// TestR3_Streamed: 200 MiB go through the function and leave nothing in its memory.
// AWS's emulator keeps a whole answer and takes 6 MiB, so this is beside a Runtime API
// of the tests.
func TestR3_Streamed(t *testing.T) {
	s3 := server.StartS3(t)
	const size = 200 << 20
	data := random(size + 1)
	for name, content := range map[string][]byte{"large.bin": data[:size], "larger.bin": data} {
		if err := os.WriteFile(filepath.Join(s3.Dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		s3.Describe(t, name, fmt.Sprintf("%q", name))
	}
	want := sha256.Sum256(data[:size])
	env := append(newSite(t, s3, "", "read_timeout = \"2m\"\n", "").env, "DOWNLINK_STREAM=rest,function-url")
	for _, s := range []lambda.Service{lambda.FunctionURL.Streamed(), lambda.REST.Streamed()} {
		t.Run(s.Name, func(t *testing.T) {
			f := server.StartRuntime(t, env...)
			if a := ask(t, s, f, get("/files/larger.bin")); a.Status != 302 {
				t.Errorf("a byte more: %d, want 302", a.Status)
			}
			before := peak(t, f.PID)
			c := &counted{Hash: sha256.New()}
			if err := f.InvokeTo(t, s.Event(t, get("/files/large.bin")), c); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(c.head.String(), `"statusCode":200`) || c.n != size || [32]byte(c.Sum(nil)) != want {
				t.Errorf("%s and %d bytes, %x; want %d, %x", &c.head, c.n, c.Sum(nil), size, want)
			}
			after := peak(t, f.PID)
			t.Logf("most memory: %d KiB before, %d KiB after 200 MiB", before, after)
			if after-before > 8<<10 {
				t.Errorf("most memory grew from %d to %d KiB", before, after)
			}
		})
	}
}

// counted hashes and counts what follows the head of a streamed answer.
type counted struct {
	hash.Hash
	head bytes.Buffer
	past bool
	n    int
}

func (c *counted) Write(b []byte) (int, error) {
	n := len(b)
	if !c.past {
		c.head.Write(b)
		head, body, past := bytes.Cut(c.head.Bytes(), make([]byte, 8))
		if !past {
			return n, nil
		}
		c.past, b = true, bytes.Clone(body)
		c.head.Truncate(len(head))
	}
	c.n += len(b)
	_, err := c.Hash.Write(b)
	return n, err
}

// peak is the most memory that a process ever had, in KiB.
func peak(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no VmHWM")
	return 0
}
