//go:build unix && !solaris && !illumos && !aix

package generate

import (
	"io/fs"
	"os"
	"syscall"
)

// lock marks a file in the making as this process's own, as long as it is open.
func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// abandoned reports whether no process makes the file any more.
func abandoned(f *os.File, _ fs.FileInfo) bool { return lock(f) == nil }
