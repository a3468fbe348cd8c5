//go:build linux

package doctor

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestListening(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	if r, ok := listening(url); !ok || int(r.uid) != os.Geteuid() || len(r.gids) == 0 {
		t.Errorf("user %+v, %v; want this process's %d", r, ok, os.Geteuid())
	}
	l.Close()
	for _, url := range []string{url, "http://127.0.0.1:99999", "%"} {
		if r, ok := listening(url); ok {
			t.Errorf("%s: user %+v, though nobody listens", url, r)
		}
	}
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "sub", "a.txt")
	if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	chmod := func(path string, mode os.FileMode) {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	chmod(dir, 0o755)
	chmod(filepath.Dir(dir), 0o755)
	stranger := &exam{Site: Site{FrontUser: "nobody"}}
	for _, c := range []struct {
		file, folder os.FileMode
		want, change string
	}{
		{0o644, 0o755, "", ""},
		{0o640, 0o755, "a.txt is -rw-r-----", "chmod o+r"},
		{0o644, 0o750, "sub is drwxr-x---", "chmod o+x"},
		{0o604, 0o701, "", ""},
	} {
		chmod(file, c.file)
		chmod(filepath.Dir(file), c.folder)
		why, change := stranger.unreadable(file)
		if !strings.Contains(why, c.want) || (c.want == "") != (why == "") {
			t.Errorf("%o in %o: %q, want %q", c.file, c.folder, why, c.want)
		}
		if change != nil && !strings.HasPrefix(change.Text, c.change) {
			t.Errorf("%o in %o: %q, want %q", c.file, c.folder, change.Text, c.change)
		}
	}
	chmod(file, 0o600)
	if why, _ := (&exam{Site: Site{FrontUser: "root"}}).unreadable(file); why != "" {
		t.Errorf("root may read all: %s", why)
	}
	if why, _ := (&exam{}).unreadable(file); !strings.Contains(why, "the front server's user is neither") {
		t.Errorf("an unknown user: %q", why)
	}
	if why, _ := stranger.unreadable(filepath.Join(dir, "none")); why != "" {
		t.Errorf("a file that is not there: %q", why)
	}
}
