package dirstore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/downlink-go/downlink/storage"
)

func TestClassify(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	_, escapes := root.Stat("../a")
	root.Close()
	_, closed := root.Stat("a")
	for _, test := range []struct {
		name    string
		err     error
		missing bool
	}{
		{"no such file", at(syscall.ENOENT), true},
		{"below a file", at(syscall.ENOTDIR), true},
		{"loop of links", at(syscall.ELOOP), true},
		{"long name", at(syscall.ENAMETOOLONG), true},
		{"NUL in the name", at(syscall.EINVAL), true},
		{"permission", at(syscall.EACCES), true},
		{"not permitted", at(syscall.EPERM), true},
		{"socket", at(syscall.ENXIO), true},
		{"leads out", escapes, true},
		{"no descriptors left", at(syscall.EMFILE), false},
		{"no descriptors left in the system", at(syscall.ENFILE), false},
		{"input or output", at(syscall.EIO), false},
		{"memory", at(syscall.ENOMEM), false},
		{"busy", at(syscall.EAGAIN), false},
		{"timed out", at(syscall.ETIMEDOUT), false},
		{"store closed", closed, false},
		{"cancelled", context.Canceled, false},
		{"end", io.EOF, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := classify(test.err)
			if errors.Is(got, storage.ErrNotFound) != test.missing {
				t.Errorf("classify(%v) = %v, want ErrNotFound: %v", test.err, got, test.missing)
			}
			if !errors.Is(got, test.err) {
				t.Errorf("classify(%v) = %v loses the cause", test.err, got)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for _, key := range []string{"", "..", "../a", "a/../../b", "/a"} {
		if err := check(t.Context(), key); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%q: got %v, want ErrNotFound", key, err)
		}
	}
	if err := check(t.Context(), "a/b"); err != nil {
		t.Error(err)
	}
}

func at(number syscall.Errno) error { return &fs.PathError{Op: "open", Path: "a", Err: number} }
