// Package processor tells how long a process has worked.
package processor

import (
	"syscall"
	"time"
)

// Time is how long the process has run, on all processors: other than the time of day
// it stands still while another one has the processor.
func Time() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // nothing but a wrong argument makes it fail
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
