package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// interrupting counts what it is given, and interrupts with the first of it.
type interrupting struct {
	interrupt context.CancelFunc
	bytes     int
}

func (i *interrupting) Write(b []byte) (int, error) {
	i.interrupt()
	i.bytes += len(b)
	return len(b), nil
}

// TestAddHeedsAnInterrupt: in the middle of a file, too.
func TestAddHeedsAnInterrupt(t *testing.T) {
	const size = 4 << 20
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a"), strings.Repeat("a", size))
	ctx, cancel := context.WithCancel(t.Context())
	read := &interrupting{interrupt: cancel}
	f := &folder{dir: dir}
	if err := f.addAll(ctx, []string{"a", "b"}, read); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if read.bytes == 0 || read.bytes > size/4 || len(f.failed) > 0 {
		t.Errorf("%d bytes were read on, and %q failed", read.bytes, f.failed)
	}
}

// TestInterruptedAddSaysSo: and what it did before.
func TestInterruptedAddSaysSo(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	big, err := os.Create(filepath.Join(dir, "big"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(big.Truncate(1<<40), big.Close()); err != nil { // nobody reads all of it
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	c, out := newCommand(), &bytes.Buffer{}
	c.SetArgs([]string{"add", dir, "--data", data})
	c.SetOut(out)
	go func() { done <- c.ExecuteContext(ctx) }()
	waitUntil(t, func() bool { _, err := os.Stat(filepath.Join(data, "catalog.db")); return err == nil || len(done) > 0 })
	cancel()
	if err := <-done; err == nil || err.Error() != "interrupted: run it again, and it goes on" {
		t.Errorf("got %v", err)
	}
}

// TestNamesCommandNoTerminal: whatever files are called.
func TestNamesCommandNoTerminal(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	write(t, filepath.Join(dir, "a\x1b]0;pwned\a\n.txt"), "a")
	c := newCommand()
	c.SetArgs([]string{"add", dir, "--data", data})
	c.SetOut(&bytes.Buffer{})
	err := c.Execute()
	if err == nil || strings.ContainsAny(err.Error(), "\x1b\a\n") || !strings.Contains(err.Error(), `"a\x1b]0;pwned\a\n.txt"`) {
		t.Errorf("got %q, want the name quoted", err)
	}
	if got, want := visible("a\x1b[31m\nb\u0085"), `a\x1b[31m`+"\n"+`b\u0085`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
