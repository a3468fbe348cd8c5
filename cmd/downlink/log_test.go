package main

import (
	"errors"
	"strings"
	"testing"
)

// fullDisk refuses the first write.
type fullDisk struct {
	strings.Builder
	refused bool
}

func (d *fullDisk) Write(b []byte) (int, error) {
	if !d.refused {
		d.refused = true
		return 0, errors.New("no space left on device")
	}
	return d.Builder.Write(b)
}

func TestLogGoesOnAfterAFailedWrite(t *testing.T) {
	disk := &fullDisk{}
	l := newLogWriter(disk)
	for _, line := range []string{"lost\n", "kept\n"} {
		if _, err := l.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		l.flush()
	}
	l.Close()
	if _, err := l.Write([]byte("late\n")); err != nil {
		t.Fatal(err)
	}
	if got := disk.String(); got != "kept\nlate\n" {
		t.Errorf("log is %q, want the lines after the failure", got)
	}
}
