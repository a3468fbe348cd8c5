package dirstore_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/downlink-go/downlink/storage"
)

// happens reports whether event befalls the file or directory at path itself
// during f.
func happens(t *testing.T, event uint32, path string, f func()) bool {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Skipf("inotify: %v", err)
	}
	defer unix.Close(fd)
	if _, err := unix.InotifyAddWatch(fd, path, event); err != nil {
		t.Fatal(err)
	}
	f()
	events := make([]byte, 16<<10)
	n, err := unix.Read(fd, events)
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		t.Fatal(err)
	}
	for at := 0; at < n; {
		// inotify(7): the last of four words is the length of the name, which an
		// event of something in the directory has.
		length := int(binary.NativeEndian.Uint32(events[at+12:]))
		if length == 0 {
			return true
		}
		at += unix.SizeofInotifyEvent + length
	}
	return false
}

func TestListGoesWhereThePrefixSays(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/b/c", "")
	write(t, dir, "a/beside/c", "")
	write(t, dir, "beside/c", "")
	s := open(t, dir)
	for _, test := range []struct {
		path string
		want bool
	}{
		{"a/b", true}, {"a/beside", false}, {"beside", false}, {"a", false}, {".", false},
	} {
		got := happens(t, unix.IN_ACCESS, filepath.Join(dir, test.path), func() { wantList(t, s, "a/b/", []string{"a/b/c"}) })
		if got != test.want {
			t.Errorf("directory %s read: %v, want %v", test.path, got, test.want)
		}
	}
}

func TestStatDoesNotOpen(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "x/y/a", "content")
	for _, way := range ways {
		s := way.open(t, dir)
		if happens(t, unix.IN_OPEN, path, func() {
			if _, err := s.Stat(t.Context(), "x/y/a"); err != nil {
				t.Error(err)
			}
		}) {
			t.Errorf("%s: stat opens the file", way.name)
		}
		if !happens(t, unix.IN_OPEN, path, func() { whole(t, s, "x/y/a") }) {
			t.Errorf("%s: the watch does not work", way.name)
		}
	}
}

// Without descriptors the store cannot answer; it must not say that a file that
// is there is not.
func TestNoDescriptorsLeft(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "x/a", "content")
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			store := storage.New("files", way.open(t, dir))
			var limit syscall.Rlimit
			if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 0, Max: limit.Max}); err != nil {
				t.Fatal(err)
			}
			_, stat := store.Stat(t.Context(), "x/a")
			_, open := store.Open(t.Context(), "x/a")
			list := store.List(t.Context(), "", func(storage.Entry) bool { return true })
			below := store.List(t.Context(), "x/", func(storage.Entry) bool { return true })
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
				t.Fatal(err)
			}
			for verb, err := range map[string]error{"stat": stat, "open": open, "list": list, "list below": below} {
				if !errors.Is(err, storage.ErrUnavailable) || !errors.Is(err, syscall.EMFILE) {
					t.Errorf("%s: got %v, want ErrUnavailable because of EMFILE", verb, err)
				}
			}
		})
	}
}

// Where there is openat2(2), files some levels down are not left to os.Root:
// opening one opens no directory on the way.
func TestDirect(t *testing.T) {
	var how unix.OpenHow
	fd, err := unix.Openat2(unix.AT_FDCWD, ".", &how)
	if err != nil {
		t.Skipf("openat2: %v", err)
	}
	unix.Close(fd)
	dir := t.TempDir()
	write(t, dir, "x/y/a", "content")
	for i, way := range ways {
		s := way.open(t, dir)
		got := happens(t, unix.IN_OPEN, filepath.Join(dir, "x"), func() { whole(t, s, "x/y/a") })
		if want := i == 1; got != want {
			t.Errorf("%s: a directory on the way was opened: %v, want %v", way.name, got, want)
		}
	}
}

// descriptors is how many this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(names)
}

func TestDescriptorsAreGivenBack(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no finalizer does it for us
	dir, _ := special(t)
	before := descriptors(t)
	for _, way := range ways {
		s := way.open(t, dir)
		for range 20 {
			for _, key := range []string{"a.txt", "sub/b.txt", "sub/good", "sub/fifo", "sub", "sub/none", "sub/out", "loop1"} {
				whole(t, s, key)
				s.Stat(t.Context(), key)
			}
			for _, prefix := range []string{"", "sub/", "none/", "fifo/"} {
				s.List(t.Context(), prefix, func(storage.Entry) bool { return false })
				s.List(t.Context(), prefix, func(storage.Entry) bool { return true })
			}
		}
		s.Close()
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func TestDevices(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "sub/a", "")
	for name, device := range map[string]int{"null": 1<<8 | 3, "sub/zero": 1<<8 | 5, "sub/tty": 5 << 8, "sub/no-driver": 250<<8 | 250} {
		err := syscall.Mknod(filepath.Join(dir, name), syscall.S_IFCHR|0o666, device)
		if errors.Is(err, syscall.EPERM) {
			t.Skip("only root makes devices")
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, way := range ways {
			missing(t, way.open(t, dir), name)
		}
	}
}
