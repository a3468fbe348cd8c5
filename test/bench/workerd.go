package main

import (
	"context"
	"crypto/md5"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// workerdModule is a module of a Worker, as workerd's configuration has it: the path
// is below the stage's directory.
type workerdModule struct{ Name, Kind, Path string }

// moduleKinds are the kinds of modules, by the ends of their names.
var moduleKinds = map[string]string{".mjs": "esModule", ".js": "esModule", ".wasm": "wasm"}

// modulesOf are the modules in a folder of the stage, the entry first.
func modulesOf(dir, entry string) ([]workerdModule, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []workerdModule
	for _, f := range files {
		m := workerdModule{f.Name(), moduleKinds[filepath.Ext(f.Name())], filepath.Join(filepath.Base(dir), f.Name())}
		switch {
		case m.Name == entry:
			all = slices.Insert(all, 0, m)
		case m.Kind != "":
			all = append(all, m)
		}
	}
	return all, nil
}

//go:embed peers/r2/r2.mjs
var r2Program []byte

// makeR2 writes the modules of the R2 that all Workers have, with the files of the
// cases as objects.
func (s *stage) makeR2() ([]workerdModule, error) {
	const uploaded = 1738650611000 // 2025, in milliseconds
	modules := []workerdModule{{"r2.mjs", "esModule", "r2.mjs"}, {"objects.mjs", "esModule", "objects.mjs"}}
	var imports, list strings.Builder
	known := map[string]bool{}
	for _, l := range workerLoads {
		if known[l.file] {
			continue
		}
		known[l.file] = true
		content, err := os.ReadFile(filepath.Join(s.files, l.file))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&imports, "import file%d from './%s'\n", len(known), l.file)
		fmt.Fprintf(&list, "  { key: '%s', etag: '%x', uploaded: %d, bytes: file%d },\n", l.file, md5.Sum(content), uploaded, len(known))
		modules = append(modules, workerdModule{l.file, "data", filepath.Join("files", l.file)})
	}
	if err := os.WriteFile(s.path("r2.mjs"), r2Program, 0o600); err != nil {
		return nil, err
	}
	objects := imports.String() + "\nexport default [\n" + list.String() + "]\n"
	return modules, os.WriteFile(s.path("objects.mjs"), []byte(objects), 0o600)
}

// startWorker runs the Worker in dir in a workerd of its own until ctx ends or the
// function is called that it returns: that gives the most memory that workerd had, in KiB.
func (s *stage) startWorker(ctx context.Context, root, dir, peer string) (stop func() (peak int64), err error) {
	config, err := s.configureWorker(dir, entries[peer])
	if err != nil {
		return nil, err
	}
	events, tell, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer events.Close()
	defer tell.Close()
	log, err := os.Create(s.path(filepath.Base(dir) + ".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, filepath.Join(root, "node_modules", ".bin", "workerd"), "serve", "--control-fd=3", config)
	cmd.ExtraFiles = []*os.File{tell}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	tell.Close()
	ended := make(chan struct{})
	s.running.Go(func() {
		_ = cmd.Wait() // ended by us, or it does not listen
		close(ended)
	})
	stop = func() int64 {
		cancel()
		<-ended
		return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	}
	port, err := heardPort(events)
	if err != nil {
		stop()
		return nil, fmt.Errorf("%s does not start: %w\n%s", peer, err, s.logs())
	}
	s.servers[peer] = fmt.Sprintf("http://127.0.0.1:%d", port)
	if runtime.GOOS == "linux" { // elsewhere there is no /proc to ask
		s.processes[peer] = cmd.Process.Pid
	}
	return stop, nil
}

// configureWorker writes workerd's configuration for the Worker in dir and returns its
// path.
func (s *stage) configureWorker(dir, entry string) (string, error) {
	modules, err := modulesOf(dir, entry)
	if err != nil {
		return "", err
	}
	name := filepath.Base(dir) + ".capnp"
	return s.path(name), s.expand("workerd.capnp.tmpl", name, struct{ Modules, R2 []workerdModule }{modules, s.r2})
}

// heardPort is the port that workerd says it listens at.
func heardPort(events io.Reader) (int, error) {
	var heard struct {
		Event string
		Port  int
	}
	err := json.NewDecoder(events).Decode(&heard)
	if err == nil && heard.Event != "listen" {
		err = fmt.Errorf("workerd tells %q instead of where it listens", heard.Event)
	}
	return heard.Port, err
}
