package worker

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/adapters/workers"
)

// standIns are modules that tests of downloads do without: pages.wasm takes long to
// build.
var standIns = map[string]string{
	"pages.mjs":  "export function pages() {}\n",
	"counts.mjs": "export async function count() {}\n",
}

// Modules writes the modules of the Worker for a site into a folder: what the build
// makes, less the pages. more are further files by their names, or others in place
// of ours.
func Modules(t testing.TB, site workers.Site, more map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files, err := fs.Sub(workers.Shim, "shim")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	module, err := site.Module()
	if err != nil {
		t.Fatal(err)
	}
	Write(t, dir, "site.mjs", string(module))
	Core(t, filepath.Join(dir, "core.wasm"))
	for name, text := range standIns {
		if _, err := os.Stat(filepath.Join(dir, name)); more[name] == "" && (name == "pages.mjs" || err != nil) {
			Write(t, dir, name, text)
		}
	}
	for name, text := range more {
		os.Remove(filepath.Join(dir, name))
		Write(t, dir, name, text)
	}
	return dir
}

// Core builds the decision module with build tags.
func Core(t testing.TB, file string, tags ...string) {
	t.Helper()
	args := workers.CoreBuild(file)
	cmd := exec.Command("go", append(args[:1:1], append([]string{"-tags", strings.Join(tags, ",")}, args[1:]...)...)...)
	cmd.Dir = Root()
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build core.wasm: %v\n%s", err, out)
	}
}

// Write writes a file into a folder.
func Write(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
