package processor

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// tick is the unit of the times in /proc: USER_HZ, the same on every Linux that Go knows.
const tick = 10 * time.Millisecond

// Of is how long another process has worked, with all of its threads, on all processors:
// proc_pid_stat(5).
func Of(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the name, in parentheses, and may have anything in it.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has too few fields: %q", pid, stat)
	}
	var user, system int64
	if _, err := fmt.Sscan(string(fields[11])+" "+string(fields[12]), &user, &system); err != nil {
		return 0, fmt.Errorf("read /proc/%d/stat: %w", pid, err)
	}
	return time.Duration(user+system) * tick, nil
}
