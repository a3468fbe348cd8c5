//go:build !unix || solaris || illumos || aix

package generate

import (
	"io/fs"
	"os"
	"time"
)

// lock does nothing here: see abandoned.
func lock(*os.File) error { return nil }

// abandoned reports whether the file was not written to for so long that no process
// can be making it.
func abandoned(_ *os.File, info fs.FileInfo) bool { return time.Since(info.ModTime()) > time.Hour }
