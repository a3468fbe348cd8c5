package dirstore

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/downlink-go/downlink/storage"
)

// timesOf asks statx(2), which alone knows when a file was made.
func timesOf(f *os.File) (storage.Times, error) {
	var x unix.Statx_t
	conn, err := f.SyscallConn()
	if err != nil {
		return storage.Times{}, err
	}
	const wanted = unix.STATX_ATIME | unix.STATX_MTIME | unix.STATX_BTIME
	e := conn.Control(func(fd uintptr) { err = unix.Statx(int(fd), "", unix.AT_EMPTY_PATH, wanted, &x) })
	if e != nil || err != nil {
		info, err := f.Stat()
		if err != nil {
			return storage.Times{}, err
		}
		return storage.Times{Modified: info.ModTime()}, nil
	}
	at := func(bit uint32, t unix.StatxTimestamp) time.Time {
		if x.Mask&bit == 0 {
			return time.Time{}
		}
		return time.Unix(t.Sec, int64(t.Nsec))
	}
	return storage.Times{
		Modified: at(unix.STATX_MTIME, x.Mtime), Accessed: at(unix.STATX_ATIME, x.Atime), Created: at(unix.STATX_BTIME, x.Btime),
	}, nil
}
