package dirstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/downlink-go/downlink/storage"
)

// asNobody runs do without root's right to read everything, which Linux keeps by
// thread.
func asNobody(do func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if os.Geteuid() == 0 {
		const nobody = 65534
		_ = unix.Setfsuid(nobody)
		defer func() { _ = unix.Setfsuid(0) }()
	}
	do()
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "x/a", "content")
	if err := os.Chmod(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, way := range ways {
		s := way.open(t, dir)
		for mode, want := range map[os.FileMode]error{0: storage.ErrNotFound, 0o644: nil} {
			if err := os.Chmod(file, mode); err != nil {
				t.Fatal(err)
			}
			asNobody(func() {
				o, err := s.Open(t.Context(), "x/a")
				if !errors.Is(err, want) {
					t.Errorf("%s: mode %v: got %v, want %v", way.name, mode, err, want)
				}
				if err == nil {
					o.Close()
				}
			})
		}
	}
}
