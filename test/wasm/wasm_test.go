package main_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/adapters/workers"
	"github.com/downlink-go/downlink/test/need"
)

// largest is the budget of the decision module after gzip -9, in bytes: what the
// first request of a Worker's isolate may cost.
const largest = 800 << 10

// build compiles a module with the arguments of go, which end with -o, the file and
// the package.
func build(t *testing.T, args []string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the module: %v\n%s", err, out)
	}
	return args[len(args)-2]
}

// TestModuleIsSmall weighs core.wasm of the Cloudflare Worker.
func TestModuleIsSmall(t *testing.T) {
	module, err := os.ReadFile(build(t, workers.CoreBuild(filepath.Join(t.TempDir(), "core.wasm"))))
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
	module := build(t, []string{"build", "-buildmode=c-shared", "-o", filepath.Join(t.TempDir(), "core.wasm"), "."})
	out, err := exec.Command(node, "--no-warnings", "testdata/run.mjs", module).CombinedOutput()
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
