//go:build unix

package dirstore

import (
	"os"
	"syscall"
)

// openFlags open a FIFO without waiting for a writer, and a terminal without
// making it this process's own. They change nothing about regular files.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOCTTY
