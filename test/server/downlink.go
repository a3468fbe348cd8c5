// Package server runs the real servers that tests talk to: the downlink command,
// directly and behind nginx.
package server

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/output"
)

// starting is how long a server may take until it answers.
const starting = 20 * time.Second

const module = "github.com/downlink-go/downlink/"

var build = sync.OnceValues(func() (string, error) {
	dir, err := programs()
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "downlink")
	out, err := exec.Command("go", "build", "-o", file, module+"cmd/downlink").CombinedOutput()
	if err != nil {
		os.Stderr.Write(out)
	}
	return file, err
})

// programs is the folder of the programs that a package's tests build.
var programs = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "downlink-test-") })

// Main runs a package's tests and removes the programs that they built. Call it in
// TestMain of a package that uses this one.
func Main(m *testing.M) {
	code := m.Run()
	if dir, err := programs(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// Program is the downlink command, built once for all tests of a package.
func Program(t testing.TB) string {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Run runs the downlink command to its end and returns what it prints.
func Run(t testing.TB, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(Program(t), args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("downlink %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String()
}

// Process is a running server.
type Process struct {
	Addr string // host:port, or the path of a socket
	PID  int
	// AccessLog is the file of a front server's access log, if it writes one.
	AccessLog string
	Exit      <-chan error // gets what the process ends with, once
	log       output.Buffer
}

// Write takes what the server logs.
func (p *Process) Write(b []byte) (int, error) {
	return p.log.Write(b)
}

// Log is what the server has logged so far.
func (p *Process) Log() string {
	return p.log.String()
}

// Downlink runs `downlink serve` with the arguments at a free loopback port, its
// data in a folder of its own, until the test ends. wrap, such as strace and its
// flags, goes in front of the command.
func Downlink(t testing.TB, args []string, wrap ...string) *Process {
	t.Helper()
	if !has(args, "--listen") && !has(args, "--config") {
		args = append(args, "--listen", "127.0.0.1:0")
	}
	if !has(args, "--data") {
		args = append(args, "--data", t.TempDir())
	}
	line := append(append(wrap, Program(t), "serve"), args...)
	p := &Process{}
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stderr = p
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.start(t, cmd)
	addr := make(chan string, 1)
	go func() {
		for s := bufio.NewScanner(stdout); s.Scan(); {
			if _, at, ok := strings.Cut(s.Text(), "Downlink serves at "); ok {
				at = strings.TrimPrefix(strings.TrimSuffix(at, "/"), "http://")
				addr <- strings.TrimPrefix(at, "unix:")
			}
		}
	}()
	select {
	case p.Addr = <-addr:
	case <-time.After(starting):
		t.Fatalf("downlink did not start:\n%s", p.Log())
	}
	return p
}

func has(args []string, flag string) bool {
	for _, a := range args {
		if a == flag || strings.HasPrefix(a, flag+"=") {
			return true
		}
	}
	return false
}

// start starts cmd in a process group of its own and ends the group with the
// test, gracefully first.
func (p *Process) start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.PID = cmd.Process.Pid
	ctx, ended := context.WithCancel(context.Background())
	exit := make(chan error, 1)
	p.Exit = exit
	go func() {
		exit <- cmd.Wait()
		ended()
	}()
	t.Cleanup(func() {
		syscall.Kill(-p.PID, syscall.SIGTERM)
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
		}
		syscall.Kill(-p.PID, syscall.SIGKILL)
		<-ctx.Done()
		if t.Failed() {
			t.Logf("log of %s:\n%s", cmd.Path, tail(p.Log(), 4000))
		}
	})
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
