package dirstore

import (
	"errors"
	"os"
	"strings"
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
	dir  *os.File
	conn syscall.RawConn
}

func newDirect(root *os.Root) direct {
	dir, err := root.Open(".")
	if err != nil {
		return direct{}
	}
	conn, err := dir.SyscallConn()
	if err == nil {
		d := direct{dir, conn}
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
	var found unix.Stat_t
	if d.conn == nil || d.find(key, &found) != nil || found.Mode&unix.S_IFMT != unix.S_IFREG {
		return core.Metadata{}, false
	}
	return metadata(time.Unix(found.Mtim.Unix()), found.Size), true
}

// find describes what is at key, a link as the link. Below the first level O_PATH
// finds it: fstatat(2) cannot be kept from following links on the way.
func (d direct) find(key string, found *unix.Stat_t) error {
	if strings.IndexByte(key, '/') < 0 {
		var err error
		return errors.Join(d.conn.Control(func(dir uintptr) {
			err = unix.Fstatat(int(dir), key, found, unix.AT_SYMLINK_NOFOLLOW)
		}), err)
	}
	fd, err := d.openat2(key, unix.O_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fstat(fd, found)
}

func (d direct) openat2(key string, flags uint64) (fd int, err error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: confined}
	if e := d.conn.Control(func(dir uintptr) { fd, err = unix.Openat2(int(dir), key, &how) }); e != nil {
		return -1, e
	}
	return fd, err
}
