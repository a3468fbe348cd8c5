// Package worker runs Cloudflare Workers for tests, in workerd, the real runtime,
// with R2 and D1 as Miniflare simulates them on this machine.
package worker

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/output"
)

// starting is how long workerd may take until it answers.
const starting = 60 * time.Second

// Worker is one that runs. It has a D1 database DB with the catalogue's tables and
// an R2 bucket FILES, both empty at first.
type Worker struct {
	URL string // of Miniflare, which stands before the Worker; ends with a slash
	// Addr is where workerd itself listens, without anything before the Worker.
	Addr string
	PID  int // of the program that runs workerd

	t     testing.TB
	mu    sync.Mutex
	in    io.Writer
	lines chan []byte
	log   output.Buffer
}

// here is the folder of this package.
func here() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// Root is the project's folder.
func Root() string { return filepath.Join(here(), "..", "..") }

// Setup is a Worker to run.
type Setup struct {
	Dir      string            // of the modules
	Entry    string            // the first of them
	Bindings map[string]string // variables and secrets
	// Objects are in the bucket FILES from the start. Each has a validator of its own.
	Objects []Object
}

// Object is an object of R2 with the validators that R2 is to have for it.
type Object struct {
	Key      string `json:"key"`
	Path     string `json:"path"`     // of a file with its bytes
	ETag     string `json:"etag"`     // without quotes
	Uploaded int64  `json:"uploaded"` // milliseconds since 1970
	// Size, if set, is that of the object: the file's bytes and then zeros.
	Size int64 `json:"size,omitempty"`
}

// Start runs the modules in dir, of which entry is the first, for the time of the
// test.
func Start(t testing.TB, dir, entry string) *Worker {
	t.Helper()
	return Run(t, Setup{Dir: dir, Entry: entry})
}

// Run runs a Worker for the time of the test.
func Run(t testing.TB, s Setup) *Worker {
	t.Helper()
	node := need.Module(t, "node")
	w := &Worker{t: t, lines: make(chan []byte)}
	cmd := exec.Command(node, "--no-warnings", filepath.Join(here(), "miniflare.mjs"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = &w.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.in = in
	t.Cleanup(func() {
		in.Close()
		timer := time.AfterFunc(starting, func() { cmd.Process.Kill() })
		cmd.Wait()
		timer.Stop()
		if t.Failed() {
			t.Logf("workerd says:\n%s", w.Log())
		}
	})
	go w.read(out)
	question := map[string]any{
		"dir": s.Dir, "entry": s.Entry, "bindings": s.Bindings,
		"migrations": filepath.Join(Root(), "infra", "migrations"),
	}
	if s.Objects != nil {
		question["objects"], question["state"] = s.Objects, t.TempDir()
	}
	answer := w.ask(question)
	w.URL, _ = answer["url"].(string)
	w.Addr, _ = answer["direct"].(string)
	w.PID = cmd.Process.Pid
	return w
}

// read takes the answers, and what the Worker writes to its console.
func (w *Worker) read(out io.Reader) {
	defer close(w.lines)
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		if bytes.HasPrefix(line, []byte(`{"`)) {
			w.lines <- line
		} else {
			w.log.Write(line)
		}
	}
}

// Log is what the Worker has written to its console.
func (w *Worker) Log() string { return w.log.String() }

// Query asks the database. A []byte among args is a BLOB.
func (w *Worker) Query(text string, args ...any) []map[string]any {
	w.t.Helper()
	for i, arg := range args {
		if b, ok := arg.([]byte); ok {
			args[i] = numbers(b)
		}
	}
	rows, _ := w.ask(map[string]any{"query": text, "args": args})["rows"].([]any)
	all := make([]map[string]any, len(rows))
	for i, row := range rows {
		all[i], _ = row.(map[string]any)
	}
	return all
}

// numbers are how D1 takes bytes in JSON.
func numbers(b []byte) []int {
	n := make([]int, len(b))
	for i, c := range b {
		n[i] = int(c)
	}
	return n
}

// Put puts an object into the bucket. fields are R2's httpMetadata, such as
// contentType; nil for none.
func (w *Worker) Put(key string, data []byte, fields map[string]string) {
	w.t.Helper()
	w.ask(map[string]any{"put": key, "data": data, "fields": fields})
}

func (w *Worker) ask(question any) map[string]any {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	line, err := json.Marshal(question)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(w.in, "%s\n", line); err != nil {
		w.t.Fatalf("workerd is gone: %v\n%s", err, w.Log())
	}
	select {
	case line, ok := <-w.lines:
		var answer map[string]any
		if !ok || json.Unmarshal(line, &answer) != nil || answer["error"] != nil {
			w.t.Fatalf("workerd answers %s\n%s", line, w.Log())
		}
		return answer
	case <-time.After(starting):
		w.t.Fatalf("workerd does not answer\n%s", w.Log())
		return nil
	}
}
