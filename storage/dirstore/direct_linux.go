package dirstore

import (
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/downlink-go/downlink/core"
)

// confined is how openat2(2) resolves names here: below the directory, through
// no link of any kind.
const confined = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS

// direct reaches a file some levels down in one system call, where os.Root takes
// two for every level. It only ever says yes: whatever it cannot do (a link on
// the way, a missing file, an old kernel, a system call filter) is os.Root's to
// decide. Its zero value can do nothing.
type direct struct {
	dir   *os.File
	conn  syscall.RawConn
	looks *sync.Pool // of *look
}

func newDirect(root *os.Root) direct {
	dir, err := root.Open(".")
	if err != nil {
		return direct{}
	}
	conn, err := dir.SyscallConn()
	if err == nil {
		d := direct{dir, conn, &sync.Pool{New: func() any { return newLook() }}}
		var fd int
		if fd, err = d.openat2(".", unix.O_PATH); err == nil {
			unix.Close(fd)
			return d
		}
	}
	dir.Close()
	return direct{}
}

func (d direct) close() {
	if d.dir != nil {
		d.dir.Close()
	}
}

// helps reports whether key is one that os.Root would take longer for.
func (d direct) helps(key string) bool {
	return d.conn != nil && strings.IndexByte(key, '/') > 0
}

// open opens key as os.Root would with openFlags, or returns nil.
func (d direct) open(key string) *os.File {
	if !d.helps(key) {
		return nil
	}
	fd, err := d.openat2(key, uint64(openFlags))
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), key)
}

// stat describes the regular file at key without opening it.
func (d direct) stat(key string) (core.Metadata, bool) {
	if d.conn == nil {
		return core.Metadata{}, false
	}
	l := d.looks.Get().(*look)
	defer d.looks.Put(l)
	if d.find(key, l) != nil || l.found.Mode&unix.S_IFMT != unix.S_IFREG {
		return core.Metadata{}, false
	}
	return metadata(time.Unix(l.found.Mtim.Unix()), l.found.Size), true
}

// find describes what is at key, a link as the link. Below the first level O_PATH
// finds it: fstatat(2) cannot be kept from following links on the way.
func (d direct) find(key string, l *look) error {
	if strings.IndexByte(key, '/') < 0 {
		l.key = key
		return errors.Join(d.conn.Control(l.ask), l.err)
	}
	fd, err := d.openat2(key, unix.O_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fstat(fd, &l.found)
}

// look is one question about a name in a directory, with the answer. It is used again:
// behind a front server it is most of what a request takes, and need not allocate.
type look struct {
	key   string
	found unix.Stat_t
	err   error
	ask   func(dir uintptr)
}

func newLook() *look {
	l := new(look)
	l.ask = func(dir uintptr) { l.err = unix.Fstatat(int(dir), l.key, &l.found, unix.AT_SYMLINK_NOFOLLOW) }
	return l
}

func (d direct) openat2(key string, flags uint64) (fd int, err error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: confined}
	if e := d.conn.Control(func(dir uintptr) { fd, err = unix.Openat2(int(dir), key, &how) }); e != nil {
		return -1, e
	}
	return fd, err
}
