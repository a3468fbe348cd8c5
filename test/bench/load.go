package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// load is one case: what every peer is asked for, again and again.
type load struct {
	name        string
	file        string
	size        int64 // of the file
	tail        int64 // bytes asked for at its end; 0 for all of it
	fresh       bool  // the client has it already: 304
	connections int
	decisive    bool // a target depends on it
	turns       int  // of Workers that stay, in a round; 0 is 1
	seconds     int  // that a turn takes; 0 is 1, the shortest that wrk can
}

var loads = []load{
	{name: "1 KiB", file: "1k.bin", size: 1 << 10, connections: 16, decisive: true},
	{name: "100 KiB", file: "100k.bin", size: 100 << 10, connections: 16},
	{name: "10 MiB", file: "10m.bin", size: 10 << 20, connections: 4, decisive: true},
	{name: "304", file: "1k.bin", size: 1 << 10, fresh: true, connections: 16},
	// Not 64 KiB: an answer a little longer than the loopback interface's segments
	// waits 40 ms for an acknowledgement, whoever sends it.
	{name: "last 32 KiB of 1 GiB", file: "1g.bin", size: 1 << 30, tail: 32 << 10, connections: 16},
}

func decisive(all []load) []load {
	var some []load
	for _, l := range all {
		if l.decisive {
			some = append(some, l)
		}
	}
	return some
}

// makeFiles writes the files of the cases: random bytes, before them a hole in a
// file of which only the tail is asked for.
func makeFiles(dir string) error {
	random := rand.NewChaCha8([32]byte{})
	for _, l := range loads {
		f, err := os.Create(filepath.Join(dir, l.file))
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := f.Seek(l.size-l.length(), io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyN(f, random, l.length()); err != nil {
			return err
		}
	}
	return nil
}

// length is how many bytes of the file are asked for.
func (l load) length() int64 {
	if l.tail > 0 {
		return l.tail
	}
	return l.size
}

// status is what a right answer has.
func (l load) status() int {
	switch {
	case l.fresh:
		return http.StatusNotModified
	case l.tail > 0:
		return http.StatusPartialContent
	}
	return http.StatusOK
}

// request is a request for the case's file at base. A client that has the file
// names the entity-tag it got from this very server, or else the date:
// http.FileServer has no entity-tags.
func (l load) request(ctx context.Context, base string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/files/"+l.file, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept-Encoding", "identity")
	switch {
	case l.tail > 0:
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", l.size-l.tail))
	case l.fresh:
		first, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		first.Body.Close()
		if tag := first.Header.Get("ETag"); tag != "" {
			r.Header.Set("If-None-Match", tag)
		} else {
			r.Header.Set("If-Modified-Since", first.Header.Get("Last-Modified"))
		}
	}
	return r, nil
}

// check compares the answer to r with the file in dir.
func (l load) check(r *http.Request, dir string) error {
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != l.status() {
		return fmt.Errorf("status %d, want %d", answer.StatusCode, l.status())
	}
	if l.fresh {
		return nil
	}
	f, err := os.Open(filepath.Join(dir, l.file))
	if err != nil {
		return err
	}
	defer f.Close()
	got, gotLength, err := digest(answer.Body)
	if err != nil {
		return err
	}
	want, wantLength, err := digest(io.NewSectionReader(f, l.size-l.length(), l.length()))
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%d bytes with SHA-256 %x, want %d with %x", gotLength, got, wantLength, want)
	}
	return nil
}

func digest(r io.Reader) (sum [sha256.Size]byte, length int64, err error) {
	h := sha256.New()
	length, err = io.Copy(h, r)
	return [sha256.Size]byte(h.Sum(nil)), length, err
}

// sample is what wrk counted in one round.
type sample struct {
	answers  float64
	requests float64 // per second
	bytes    float64 // per second, fields included
	p99      time.Duration
	efficacy float64 // requests a second of processor time of the server; 0 if that is not known
}

//go:embed done.lua
var doneScript []byte

// fire has wrk send r for as long as a turn takes.
func (l load) fire(ctx context.Context, r *http.Request, script string) (sample, error) {
	args := []string{"--threads=1", fmt.Sprintf("--duration=%ds", max(l.seconds, 1)), "--latency", "--script=" + script,
		"--connections=" + strconv.Itoa(l.connections)}
	for name, values := range r.Header {
		args = append(args, "--header="+name+": "+values[0])
	}
	out, err := exec.CommandContext(ctx, "wrk", append(args, r.URL.String())...).Output()
	if err != nil {
		return sample{}, fmt.Errorf("wrk: %w", err)
	}
	return parse(string(out))
}

// errSilent is a turn in which no answer was finished.
var errSilent = errors.New("no answer came")

// parse reads the line that done.lua printed.
func parse(out string) (sample, error) {
	_, line, _ := strings.Cut(out, "counted")
	var microseconds, requests, bytes, p99, faults float64
	if _, err := fmt.Sscan(line, &microseconds, &requests, &bytes, &p99, &faults); err != nil {
		return sample{}, fmt.Errorf("read what wrk printed: %w", err)
	}
	if faults > 0 {
		return sample{}, fmt.Errorf("%.0f of %.0f requests failed", faults, requests)
	}
	if requests == 0 {
		return sample{}, errSilent
	}
	seconds := microseconds / 1e6
	return sample{answers: requests, requests: requests / seconds, bytes: bytes / seconds, p99: time.Duration(p99) * time.Microsecond}, nil
}
