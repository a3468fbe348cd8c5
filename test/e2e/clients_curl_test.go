package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func (o origin) testCurl(t *testing.T) {
	t.Run("names", func(t *testing.T) { o.testNames(t, "curl", "-sSfOJ") })
	t.Run("name from the URL", func(t *testing.T) {
		dir := t.TempDir()
		client(t, dir, "curl", "-sSfO", o.file(smallFile))
		sameFiles(t, filepath.Join(dir, smallFile), o.local(smallFile))
	})
	t.Run("resume", o.testCurlResume)
	t.Run("ranges of 5 GiB", o.testCurlRanges)
	t.Run("all of 5 GiB", func(t *testing.T) {
		cmd := command(t, t.TempDir(), "curl", "-sSf", o.file(fiveFile))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		sameBytes(t, out, o.local(fiveFile))
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
}

func (o origin) testCurlResume(t *testing.T) {
	dir := t.TempDir()
	for _, p := range o.leaveParts(t, dir) {
		resume := func() string {
			return client(t, dir, "curl", "-sSC", "-", "-o", p.name, "-w", "%{http_code} %{size_download}", o.file(p.name))
		}
		if got, want := resume(), fmt.Sprintf("206 %d", p.rest); got != want {
			t.Errorf("%s: status and size of the rest are %s, want %s", p.name, got, want)
		}
		if got := resume(); !strings.HasPrefix(got, "416 ") {
			t.Errorf("%s, which is complete: status and size %s, want 416", p.name, got)
		}
		p.same(t, filepath.Join(dir, p.name))
	}
}

func (o origin) testCurlRanges(t *testing.T) {
	f, err := os.Open(o.local(fiveFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, at := range samples {
		want := make([]byte, sampleSize)
		if _, err := f.ReadAt(want, at); err != nil {
			t.Fatal(err)
		}
		got := client(t, t.TempDir(), "curl", "-sSf", "-r", fmt.Sprintf("%d-%d", at, at+sampleSize-1), o.file(fiveFile))
		if got != string(want) {
			t.Errorf("range from %d: other bytes", at)
		}
	}
}
