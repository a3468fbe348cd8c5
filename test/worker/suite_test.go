package worker_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/worker"
)

// copyFile copies a file into a folder.
func copyFile(t *testing.T, from, dir string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, filepath.Base(from)), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// goJS runs the Go tool for js/wasm.
func goJS(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func wasmExec(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "lib", "wasm", "wasm_exec.js")
}

// TestR4_Drivers plays the suites of catalogue and store inside workerd, on D1 and R2.
func TestR4_Drivers(t *testing.T) {
	t.Parallel()
	need.That(t, runtime.GOOS != "windows", "workerd, which these tests do not run on Windows")
	dir := t.TempDir()
	goJS(t, "test", "-c", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "suite.wasm"), "./suite")
	copyFile(t, wasmExec(t), dir)
	copyFile(t, "testdata/suite.mjs", dir)
	w := worker.Start(t, dir, "suite.mjs")
	resp, err := http.Get(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	passed := regexp.MustCompile(`(?m)^\s*--- PASS: (\S+)`).FindAllStringSubmatch(string(out), -1)
	t.Logf("%d tests passed in workerd", len(passed))
	if len(passed) < 20 || !strings.Contains(string(out), "\nPASS\n") || !strings.Contains(string(out), "exit 0") {
		t.Errorf("the suites do not pass:\n%s", out)
	}
}
