package e2e

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/server"
)

// origin is a running site from which clients download.
type origin struct {
	url string // without a slash at the end
	dir string // the folder that is served at /files/
}

func (o origin) file(name string) string  { return o.url + filesPath(name) }
func (o origin) local(name string) string { return filepath.Join(o.dir, name) }

// TestClients has real clients download one folder, from Downlink and from nginx
// in front of it.
func TestClients(t *testing.T) {
	dir := t.TempDir()
	writeNames(t, dir)
	writeBig(t, dir)
	writeSpecial(t, dir)
	writeInline(t, dir)
	t.Run("directly", func(t *testing.T) {
		p := server.Downlink(t, []string{dir, "--data", importItems(t)})
		testClients(t, origin{"http://" + p.Addr, dir}, (*chromium).click)
	})
	t.Run("through nginx", func(t *testing.T) {
		p, _ := server.BehindNginx(t, dir, importItems(t), "")
		testClients(t, origin{"http://" + p.Addr, dir}, (*chromium).visit)
	})
}

// testClients runs every client; in Chromium, follow starts a download.
func testClients(t *testing.T, o origin, follow func(b *chromium, t testing.TB, o origin, path string)) {
	t.Run("curl", o.testCurl)
	t.Run("wget", o.testWget)
	t.Run("aria2", o.testAria2)
	t.Run("chromium", func(t *testing.T) { o.testChromium(t, follow) })
	t.Run("not a file", o.testSpecial)
}

// client runs a program in dir to its end, without the settings and proxies of
// whoever runs the test, and returns what it prints.
func client(t testing.TB, dir, program string, args ...string) string {
	t.Helper()
	out, err := command(t, dir, program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%.2000s", program, args, err, out)
	}
	return string(out)
}

func command(t testing.TB, dir, program string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(need.Command(t, program), args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C.UTF-8"}
	return cmd
}

// testNames downloads every nameCase by a command line, to which the URL is
// added, and compares name and bytes of the only file that it leaves.
func (o origin) testNames(t *testing.T, program string, args ...string) {
	for _, c := range nameCases {
		dir := t.TempDir()
		client(t, dir, program, append(args, o.url+c.path)...)
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) != 1 {
			t.Errorf("%s left %v, want one file", c.path, left)
			continue
		}
		if got, want := left[0].Name(), c.savedBy(program); got != want {
			t.Errorf("%s is saved as %q, want %q", c.path, got, want)
		}
		sameFiles(t, filepath.Join(dir, left[0].Name()), o.local(c.file))
	}
}

// sameFiles compares the bytes of two files.
func sameFiles(t testing.TB, got, want string) {
	t.Helper()
	f, err := os.Open(got)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	sameBytes(t, f, want)
}

// sameBytes compares what is read with the bytes of a file.
func sameBytes(t testing.TB, got io.Reader, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	a, b := make([]byte, 1<<20), make([]byte, 1<<20)
	for at := 0; ; {
		n, errGot := io.ReadFull(got, a)
		m, errWant := io.ReadFull(f, b)
		if !bytes.Equal(a[:n], b[:m]) {
			t.Errorf("%s: other bytes, or another number of them, in the MiB from byte %d", filepath.Base(file), at)
			return
		}
		if errGot != nil || errWant != nil {
			return
		}
		at += n
	}
}
