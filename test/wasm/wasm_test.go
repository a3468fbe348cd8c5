package main_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/test/need"
)

// largest is the budget of the decision module after gzip -9, in bytes: what the
// first request of a Worker's isolate may cost.
const largest = 800 << 10

func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "core.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", file, ".")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the module: %v\n%s", err, out)
	}
	return file
}

func TestModuleIsSmall(t *testing.T) {
	module, err := os.ReadFile(build(t))
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&packed, 9)
	w.Write(module)
	w.Close()
	t.Logf("decision module: %d KiB, %d KiB after gzip -9", len(module)>>10, packed.Len()>>10)
	if packed.Len() > largest {
		t.Errorf("decision module is %d bytes after gzip -9, want at most %d", packed.Len(), largest)
	}
}

// TestModuleDecides runs the module in Node's WASI, without any import but WASI's
// own, and compares its answers with those of this process.
func TestModuleDecides(t *testing.T) {
	node := need.Command(t, "node")
	out, err := exec.Command(node, "--no-warnings", "testdata/run.mjs", build(t)).CombinedOutput()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, out)
	}
	want, err := os.ReadFile("testdata/answers.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out, want) {
		t.Errorf("answers of the module:\n%s\nwant:\n%s", out, want)
	}
}
