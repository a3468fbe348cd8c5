package worker

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// workerd is the process id of workerd itself, the child of the program that runs it.
func (w *Worker) workerd(t testing.TB) string {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", w.PID))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range tasks {
		children, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that ended
		}
		for _, pid := range strings.Fields(string(children)) {
			if name, err := os.ReadFile("/proc/" + pid + "/comm"); err == nil && bytes.HasPrefix(name, []byte("workerd")) {
				return pid
			}
		}
	}
	t.Fatal("workerd is not found")
	return ""
}

// OpenObjects is how many objects of R2 workerd has open.
func (w *Worker) OpenObjects(t testing.TB) (n int) {
	t.Helper()
	files, err := filepath.Glob("/proc/" + w.workerd(t) + "/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if to, err := os.Readlink(file); err == nil && strings.Contains(to, "/blobs/") {
			n++
		}
	}
	return n
}

// RSS is the memory of workerd in bytes.
func (w *Worker) RSS(t testing.TB) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/" + w.workerd(t) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatal("no VmRSS in the status of workerd")
	return 0
}
