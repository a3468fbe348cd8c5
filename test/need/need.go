// Package need asks for what a test cannot do without: real programs and rights.
// Without them a test is skipped by name, or fails if DOWNLINK_NO_SKIP is set, as
// it is by `make test`, which installs them.
package need

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Command returns the path of a program.
func Command(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name+" is not installed; `make test` installs it")
	}
	return path
}

// That skips or fails the test unless ok, with the reason.
func That(t testing.TB, ok bool, reason string) {
	t.Helper()
	if !ok {
		missing(t, reason)
	}
}

func missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("DOWNLINK_NO_SKIP") != "" {
		t.Fatal("needed: " + reason)
	}
	t.Skip("needed: " + reason)
}

// Module returns the path of a program that package.json asks for, such as
// "workerd": it is below node_modules, in the project's root.
func Module(t testing.TB, name string) string {
	t.Helper()
	program := filepath.Join(Root(t), "node_modules", ".bin", name)
	That(t, exists(program), name+" is not in node_modules; `make deps` installs it")
	return program
}

// SAM returns the path of the SAM CLI, which is in the project's virtual environment.
func SAM(t testing.TB) string {
	t.Helper()
	program := filepath.Join(Root(t), ".venv", "bin", "sam")
	That(t, exists(program), "the SAM CLI is not in .venv; `make deps` installs it")
	return program
}

// LambdaEmulator returns the path of AWS's runtime interface emulator for this
// machine: the one that the SAM CLI carries.
func LambdaEmulator(t testing.TB) string {
	t.Helper()
	machine := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	found, err := filepath.Glob(filepath.Join(Root(t), ".venv", "lib", "*", "site-packages", "samcli", "local", "rapid", "aws-lambda-rie-"+machine))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		missing(t, "the runtime interface emulator is not in .venv; `make deps` installs it with the SAM CLI")
	}
	return found[0]
}

// Root returns the project's root: the folder of go.mod, at or above the working
// directory.
func Root(t testing.TB) string {
	t.Helper()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for ; !exists(filepath.Join(root, "go.mod")); root = filepath.Dir(root) {
		if root == filepath.Dir(root) {
			t.Fatal("no go.mod above the working directory")
		}
	}
	return root
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
