package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

func (o origin) testWget(t *testing.T) {
	t.Run("names", func(t *testing.T) { o.testNames(t, "wget", "-q", "--content-disposition") })
	t.Run("name from the URL", func(t *testing.T) {
		dir := t.TempDir()
		client(t, dir, "wget", "-q", o.file("日本.pdf"))
		sameFiles(t, filepath.Join(dir, "日本.pdf"), o.local("日本.pdf"))
	})
	t.Run("resume", func(t *testing.T) {
		dir := t.TempDir()
		for _, p := range o.leaveParts(t, dir) {
			log := client(t, dir, "wget", "-c", "-S", "--progress=dot:giga", o.file(p.name))
			if !strings.Contains(log, p.answer()) {
				t.Errorf("%s: wget -c did not go on from byte %d:\n%.2000s", p.name, p.have, log)
			}
			log = client(t, dir, "wget", "-c", "-S", o.file(p.name))
			if !strings.Contains(log, "fully retrieved; nothing to do") {
				t.Errorf("%s, which is complete: wget -c does not see it:\n%.2000s", p.name, log)
			}
			p.same(t, filepath.Join(dir, p.name))
		}
	})
}
