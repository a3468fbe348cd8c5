package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// special are what a folder may hold besides files, none of which is served.
var special = []string{"link out", "link to nothing", "link to itself", "link to a folder out/secret.txt", "fifo", "link to fifo", "a folder", "a folder/", "none"}

func writeSpecial(t testing.TB, dir string) {
	t.Helper()
	out := t.TempDir()
	secret := filepath.Join(out, "secret.txt")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"link out": secret, "link to nothing": "gone.txt", "link to itself": "link to itself",
		"link to a folder out": out, "link to fifo": "fifo",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// testSpecial expects 404 at once: a FIFO that is opened the usual way would wait
// for a writer until curl gives up.
func (o origin) testSpecial(t *testing.T) {
	for _, name := range special {
		got := client(t, t.TempDir(), "curl", "-sS", "--max-time", "2", "-o", "answer", "-w", "%{http_code}", o.file(name))
		if got != "404" {
			t.Errorf("%s: status %s, want 404", name, got)
		}
	}
}
