//go:build unix

package track_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/track"
)

// The variables that make the test binary a process that records downloads of an item
// until it is killed.
const pathVariable, itemVariable = "TRACK_TEST_PATH", "TRACK_TEST_ITEM"

func TestMain(m *testing.M) {
	if path := os.Getenv(pathVariable); path != "" {
		record(path, os.Getenv(itemVariable))
	}
	os.Exit(m.Run())
}

// record says the time of each download before it records it.
func record(path, item string) {
	s, err := sqlcat.Open(path)
	if err != nil {
		panic(err)
	}
	x := track.New(track.Options{Counter: s, Flush: 100 * time.Millisecond})
	for n := 0; ; n++ {
		d := nth(n, item)
		fmt.Println(d.Time.UnixMilli())
		x.Requested(d)
		time.Sleep(2 * time.Millisecond)
	}
}

// TestC5_KilledAHundredTimes: at most the downloads of the last second are lost, and
// none is counted twice.
func TestC5_KilledAHundredTimes(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := openStore(t, path)
	if _, err := s.Item(t.Context(), "made"); err == nil {
		t.Fatal("an item in a new catalogue")
	}
	var stored, lost int64
	results := make(chan [2]int64, 100)
	concurrently(100, 4, func(n int) {
		item := fmt.Sprint("item-", n)
		said, killed := killOne(t, self, path, item)
		got := counted(t, s, item)
		least := int64(0)
		for _, at := range said {
			if killed.UnixMilli()-at > 1000 {
				least++
			}
		}
		if all := int64(len(said)); got > all || got < least {
			t.Errorf("%s: %d are counted of %d, of which %d are older than a second", item, got, all, least)
		}
		results <- [2]int64{got, int64(len(said)) - got}
	})
	for range 100 {
		r := <-results
		stored, lost = stored+r[0], lost+r[1]
	}
	t.Logf("100 kills: %d downloads are counted, %d were lost", stored, lost)
	if stored == 0 || lost == 0 {
		t.Error("no process was killed in between: the test looks at nothing")
	}
}

// killOne starts a process, kills it after a while and returns the times of the
// downloads that it said.
func killOne(t *testing.T, self, path, item string) (said []int64, killed time.Time) {
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), pathVariable+"="+path, itemVariable+"="+item)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return nil, time.Now()
	}
	lines := bufio.NewReader(out)
	first, _ := lines.ReadString('\n')
	at := make(chan time.Time, 1)
	time.AfterFunc(time.Duration(rand.IntN(300))*time.Millisecond, func() {
		at <- time.Now()
		_ = cmd.Process.Kill() // SIGKILL
	})
	rest, _ := io.ReadAll(lines)
	_ = cmd.Wait()
	killed = <-at
	if stderr.Len() > 0 {
		t.Errorf("%s: %s", item, &stderr)
	}
	for line := range strings.Lines(first + string(rest)) {
		if ms, err := strconv.ParseInt(strings.TrimSuffix(line, "\n"), 10, 64); err == nil && strings.HasSuffix(line, "\n") {
			said = append(said, ms)
		}
	}
	return said, killed
}
