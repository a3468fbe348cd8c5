package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/downlink-go/downlink/adapters/workers"
)

// module is a Wasm module of the Worker.
type module struct {
	name, system string
	args         func(file string) []string // of go
}

const worker = "github.com/downlink-go/downlink/cmd/downlink-worker/"

var wasm = [...]module{
	{"core.wasm", "wasip1", workers.CoreBuild},
	{"pages.wasm", "js", func(file string) []string {
		return []string{"build", "-trimpath", "-ldflags=-s -w", "-o", file, worker + "pages"}
	}},
}

// build compiles the module into file.
func (m module) build(file string) error {
	cmd := exec.Command("go", m.args(file)...)
	cmd.Env = append(os.Environ(), "GOOS="+m.system, "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", m.name, err, out)
	}
	return nil
}

// weigh says how large a module is, as it is and as it is uploaded.
func weigh(log io.Writer, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	var packed counter
	z := gzip.NewWriter(&packed)
	n, err := io.Copy(z, f)
	if err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(log, "%s: %d KiB, %d KiB after gzip\n", filepath.Base(file), n>>10, packed>>10)
	return err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
