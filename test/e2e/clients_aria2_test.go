package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// parallel are aria2's flags for eight connections to one file.
var parallel = []string{"--no-conf", "-x8", "-s8", "-k1M", "--file-allocation=none",
	"--log=-", "--log-level=info", "--console-log-level=error", "--summary-interval=0"}

func (o origin) testAria2(t *testing.T) {
	t.Run("names", func(t *testing.T) { o.testNames(t, "aria2c", "--no-conf", "-q") })
	for _, file := range []string{largeFile, sparseFile} {
		t.Run(file+" in eight parts", func(t *testing.T) {
			dir := t.TempDir()
			log := client(t, dir, "aria2c", append(parallel, o.file(file))...)
			if got := strings.Count(log, "\nHTTP/1.1 206 "); got < 7 {
				t.Errorf("%d answers were parts, want 7 at least, besides the first", got)
			}
			sameFiles(t, filepath.Join(dir, file), o.local(file))
		})
	}
	t.Run("resume", func(t *testing.T) {
		dir := t.TempDir()
		for _, p := range o.leaveParts(t, dir) {
			log := client(t, dir, "aria2c", append(parallel, "-c", o.file(p.name))...)
			if !strings.Contains(log, p.answer()) {
				t.Errorf("%s: aria2c -c did not go on from byte %d:\n%.2000s", p.name, p.have, log)
			}
			p.same(t, filepath.Join(dir, p.name))
		}
	})
}
