package server

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/need"
)

// bundle is Downlink's function as it is deployed, for this machine, and adminBundle
// that of the admin.
var (
	bundle      = sync.OnceValues(func() (string, error) { return buildBundle("function") })
	adminBundle = sync.OnceValues(func() (string, error) { return buildBundle("admin", "-admin") })
)

func buildBundle(name string, args ...string) (string, error) {
	dir, err := programs()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, name)
	arch := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	source, err := exec.Command("go", "list", "-f", "{{.Dir}}", module+"cmd/downlink-lambda").Output()
	if err != nil {
		return "", err
	}
	standard := filepath.Join(string(bytes.TrimSpace(source)), "downlink.toml")
	args = append([]string{"run", module + "cmd/downlink-lambda/build", "-config", standard, "-arch", arch, "-out", dir}, args...)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return filepath.Join(dir, "bootstrap"), nil
}

// Bootstrap is Downlink's function as it is deployed, built once for all tests of a
// package. DOWNLINK_CONFIG says what it serves.
func Bootstrap(t testing.TB) string { return built(t, bundle) }

// AdminBootstrap is that of the admin.
func AdminBootstrap(t testing.TB) string { return built(t, adminBundle) }

func built(t testing.TB, bundle func() (string, error)) string {
	t.Helper()
	file, err := bundle()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Function is Downlink's function in AWS's runtime interface emulator.
type Function struct {
	*Process
	url string
	one sync.Mutex // the emulator takes one event at a time
}

// StartFunction runs the emulator with the function and an environment until the test
// ends. The function starts with the first event.
func StartFunction(t testing.TB, env ...string) *Function {
	t.Helper()
	return StartBootstrap(t, Bootstrap(t), env...)
}

// StartBootstrap is StartFunction for a function that was built elsewhere.
func StartBootstrap(t testing.TB, bootstrap string, env ...string) *Function {
	t.Helper()
	const attempts = 5 // somebody else may take a port that was free
	for range attempts {
		if f := startFunction(t, bootstrap, env); f != nil {
			return f
		}
	}
	t.Fatal("the emulator found no free port")
	return nil
}

// startFunction is nil if a port was taken meanwhile.
func startFunction(t testing.TB, bootstrap string, env []string) *Function {
	t.Helper()
	addr, api := FreePort(t), FreePort(t)
	f := &Function{Process: &Process{Addr: addr}, url: "http://" + addr + "/2015-03-31/functions/function/invocations"}
	cmd := exec.Command(need.LambdaEmulator(t), "--runtime-interface-emulator-address", addr, "--runtime-api-address", api, bootstrap)
	cmd.Env = append(append(os.Environ(), "AWS_LAMBDA_FUNCTION_TIMEOUT=30"), env...)
	cmd.Stdout, cmd.Stderr = f.Process, f.Process
	f.start(t, cmd)
	for deadline := time.Now().Add(starting); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case <-f.Exit:
			if strings.Contains(f.Log(), "address already in use") {
				return nil
			}
			t.Fatalf("the emulator ended:\n%s", f.Log())
		default:
		}
		if listens(addr) && listens(api) {
			return f
		}
	}
	t.Fatalf("the emulator did not start:\n%s", f.Log())
	return nil
}

func listens(addr string) bool {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// Invoke gives the function an event and returns its answer, byte for byte.
func (f *Function) Invoke(t testing.TB, event []byte) []byte {
	t.Helper()
	f.one.Lock()
	defer f.one.Unlock()
	r, err := http.Post(f.url, "application/json", bytes.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("the emulator answers %d %.500s, %v\n%s", r.StatusCode, answer, err, tail(f.Log(), 2000))
	}
	return answer
}
