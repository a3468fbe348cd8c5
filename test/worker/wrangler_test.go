package worker_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/output"
	"github.com/downlink-go/downlink/test/server"
	"github.com/downlink-go/downlink/test/worker"
)

// run runs a program in the project's folder, as an operator does.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := command(name, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = worker.Root()
	bin, _ := filepath.Abs(filepath.Join(worker.Root(), "node_modules", ".bin"))
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "WRANGLER_SEND_METRICS=false", "CI=1", "DOWNLINK_CONFIG=infra/workers/downlink.toml")
	return cmd
}

// TestR4_DeployDryRun: wrangler builds the Worker from the project's root and takes
// all of it, and it is small enough.
func TestR4_DeployDryRun(t *testing.T) {
	out := run(t, need.Module(t, "wrangler"), "deploy", "--dry-run")
	m := regexp.MustCompile(`Total Upload: .* KiB / gzip: ([0-9.]+) KiB`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("wrangler does not say the size:\n%s", out)
	}
	t.Log(m[0])
	const most = 3 << 10 // the free plan's limit of old, which is wider now
	if size, err := strconv.ParseFloat(m[1], 64); err != nil || size > most {
		t.Errorf("the Worker is %s KiB after gzip, want at most %d", m[1], most)
	}
	for _, want := range []string{"core.wasm", "pages.wasm", "env.DB", "env.FILES"} {
		if !strings.Contains(out, want) {
			t.Errorf("wrangler does not say %s:\n%s", want, out)
		}
	}
}

// TestR4_WorkerDev: `make worker-dev` serves the demo with files in R2 and items in
// D1.
func TestR4_WorkerDev(t *testing.T) {
	t.Parallel()
	need.Module(t, "wrangler")
	state, addr := t.TempDir(), server.FreePort(t)
	_, port, _ := net.SplitHostPort(addr)
	cmd := command(need.Command(t, "make"), "worker-dev", "LOCAL=--local --persist-to "+state,
		fmt.Sprintf("DEV=--port %s --inspector-port 0 --show-interactive-dev-session=false", port))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out output.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-done
		}
		if t.Failed() {
			t.Logf("make worker-dev says:\n%s", out.String())
		}
	})
	url := "http://" + addr
	for end := time.Now().Add(90 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if resp, err := http.Get(url + "/healthz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == 200 {
				break
			}
		}
		if time.Now().After(end) || len(done) > 0 {
			t.Fatal("it does not answer")
		}
	}
	for path, want := range map[string]string{
		"/d/hello": "Hello from R2.\n", "/files/hello.txt": "Hello from R2.\n", "/": "A greeting", "/index.json": `"path":["Examples","Text"]`,
	} {
		resp, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %s, want %s", path, resp.StatusCode, body, want)
		}
	}
}

// TestR4_DocumentedCommands: wrangler knows the commands of docs/cloudflare.md. Those that
// have flags are run by `make worker-dev` too, but for --remote and --command.
func TestR4_DocumentedCommands(t *testing.T) {
	t.Parallel()
	wrangler := need.Module(t, "wrangler")
	text, err := os.ReadFile(filepath.Join(worker.Root(), "docs", "cloudflare.md"))
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string][]string{"d1 execute": {"--remote", "--file", "--command"}} // what its help must have
	seen := 0
	for _, m := range regexp.MustCompile(`(?m)^npx wrangler ((?:[a-z0-9]+ )*[a-z0-9]+)`).FindAllStringSubmatch(string(text), -1) {
		sub := subcommand(strings.Fields(m[1]))
		group := sub[:max(0, strings.LastIndexByte(sub, ' '))]
		groups[group] = append(groups[group], "wrangler "+sub)
		seen++
	}
	if seen < 12 {
		t.Fatalf("found only %v", groups)
	}
	for group, wanted := range groups {
		help := run(t, wrangler, append(strings.Fields(group), "--help")...)
		for _, want := range wanted {
			if !strings.Contains(help, want) {
				t.Errorf("wrangler %s does not know %q:\n%s", group, want, help)
			}
		}
	}
}

// subcommand is what of a command's words is no argument.
func subcommand(words []string) string {
	n := 1
	switch {
	case words[0] == "r2", len(words) > 1 && words[1] == "migrations":
		n = 3
	case words[0] == "d1":
		n = 2
	}
	return strings.Join(words[:n], " ")
}
