//go:build unix

package generate_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/downlink-go/downlink/generate"
)

const killed = "DOWNLINK_TEST_GENERATE_IN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killed); dir != "" {
		makeHalf(dir)
	}
	os.Exit(m.Run())
}

// makeHalf makes a file, half of another and waits to be killed.
func makeHalf(dir string) {
	c, err := generate.OpenCache(dir, "generated", generate.Options{})
	if err != nil {
		panic(err)
	}
	if err := c.Make(context.Background(), key(1), text("whole")); err != nil {
		panic(err)
	}
	c.Make(context.Background(), key(2), func(ctx context.Context, w io.Writer) error {
		sized(1<<20)(ctx, w)
		fmt.Println("half")
		select {}
	})
}

// TestKilled: kill -9 in the middle leaves nothing that could be served, and what
// it leaves at all is gone when the next process opens the cache.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killed+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "half\n" {
			t.Fatalf("%q, %v", line, err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		if got, _ := files(t, dir); len(got) != 2 {
			t.Errorf("after the kill: %v, want the whole file and half a one", got)
		}
		c := open(t, dir, generate.Options{})
		if got, _ := files(t, dir); len(got) != 1 {
			t.Errorf("when the cache was opened again: %v", got)
		}
		if content(t, c, key(1)) != "whole" || content(t, c, key(2)) != "" {
			t.Errorf("served: %q and %q", content(t, c, key(1)), content(t, c, key(2)))
		}
		c.Close()
	}
}
