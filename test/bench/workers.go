package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/downlink-go/downlink/adapters/workers"
	"github.com/downlink-go/downlink/adapters/workers/wire"
	"github.com/downlink-go/downlink/core"
)

// The Workers, by the names that the table has for them.
const (
	plainWorker    = "plain JavaScript"
	downlinkWorker = "Downlink's Worker"
	templateWorker = "syumai/workers, template"
)

// workerGroup is the Workers that are compared, the reference first.
var workerGroup = []string{plainWorker, downlinkWorker, templateWorker}

// workerLoads are the cases of Workers: two sizes at three concurrencies, and one file
// for its bytes.
var workerLoads = []load{
	{name: "Worker, 1 KiB, 1 at a time", file: "1k.bin", size: 1 << 10, connections: 1},
	{name: "Worker, 1 KiB, 8 at a time", file: "1k.bin", size: 1 << 10, connections: 8, decisive: true},
	{name: "Worker, 1 KiB, 64 at a time", file: "1k.bin", size: 1 << 10, connections: 64},
	{name: "Worker, 100 KiB, 1 at a time", file: "100k.bin", size: 100 << 10, connections: 1},
	{name: "Worker, 100 KiB, 8 at a time", file: "100k.bin", size: 100 << 10, connections: 8},
	{name: "Worker, 100 KiB, 64 at a time", file: "100k.bin", size: 100 << 10, connections: 64},
	{name: "Worker, 10 MiB, 4 at a time", file: "10m.bin", size: 10 << 20, connections: 4, decisive: true, turns: 4, seconds: 2},
}

//go:embed peers/worker/*.mjs
var workerPeers embed.FS

// footprint is what a Worker weighs.
type footprint struct {
	wasm, packed int64           // bytes of the module, and after gzip -9; 0 without one
	memory       int64           // bytes of linear memory after all loads; 0 if it is not known
	peak         int64           // KiB, the most that a process of the Worker had, with the R2 beside it
	first        []time.Duration // the first request of a fresh isolate, once a round
}

// measureWorkers runs the Workers in workerd, each in a process of its own, and has wrk
// load them in turns.
func measureWorkers(ctx context.Context, p plan) (*results, error) {
	found := &results{groups: [][]string{workerGroup}, samples: map[string]map[string][]sample{}, missing: map[string]string{}}
	for _, l := range workerLoads {
		if l.decisive || !p.onlyDecisive {
			found.cases = append(found.cases, l)
		}
	}
	root, err := projectRoot()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", ".bin", "workerd")); err != nil {
		found.missing["every Worker"] = "what `make bench-deps` installs"
		return found, nil
	}
	s, ctx, err := newStage(ctx, found.missing)
	if err != nil {
		return nil, err
	}
	defer s.close()
	return found, s.measureWorkers(ctx, p, root, found)
}

func projectRoot() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	return strings.TrimSpace(string(out)), err
}

func (s *stage) measureWorkers(ctx context.Context, p plan, root string, found *results) error {
	progress("building the Workers")
	folders, err := s.buildWorkers(ctx, root)
	if err != nil {
		return err
	}
	if s.r2, err = s.makeR2(); err != nil {
		return err
	}
	found.footprints = map[string]*footprint{}
	for _, peer := range workerGroup {
		found.footprints[peer] = &footprint{}
		if err := found.footprints[peer].weigh(folders[peer]); err != nil {
			return err
		}
	}
	for round := range p.workerRounds {
		progress("first requests of Workers, round %d of %d", round+1, p.workerRounds)
		for _, peer := range workerGroup {
			if err := s.firstRequest(ctx, root, folders[peer], peer, found.footprints[peer]); err != nil {
				return err
			}
		}
	}
	ends := map[string]func() int64{}
	for _, peer := range []string{plainWorker, downlinkWorker} {
		if ends[peer], err = s.startWorker(ctx, root, folders[peer], peer); err != nil {
			return err
		}
	}
	delete(s.servers, templateWorker) // it is checked when it has its turn
	requests, err := s.prepare(ctx, found.cases)
	if err != nil {
		return err
	}
	if err := s.warm(ctx, found.cases[0], requests[found.cases[0].name]); err != nil {
		return err
	}
	for round := range p.workerRounds {
		for _, l := range found.cases {
			progress("%s, round %d of %d", l.name, round+1, p.workerRounds)
			for turn := range max(l.turns, 1) {
				if err := found.round(ctx, s, l, requests[l.name], round+turn); err != nil {
					return err
				}
			}
			if err := s.templateRound(ctx, root, folders[templateWorker], l, found, round); err != nil {
				return err
			}
		}
	}
	found.footprints[downlinkWorker].memory, err = memoryOf(ctx, s.servers[downlinkWorker])
	for peer, end := range ends {
		found.footprints[peer].peak = end()
	}
	return err
}

// warm loads the Workers that stay, until their code has been compiled well.
func (s *stage) warm(ctx context.Context, l load, requests map[string]*http.Request) error {
	l.connections = 8
	for range 3 {
		for _, peer := range []string{plainWorker, downlinkWorker} {
			progress("warming %s", peer)
			if _, err := l.fire(ctx, requests[peer], s.path("done.lua")); err != nil && !errors.Is(err, errSilent) {
				return fmt.Errorf("%s, %s: %w; what the servers printed:\n%s", peer, l.name, err, s.logs())
			}
		}
	}
	return nil
}

// templateRound loads the template's Worker, in a process of its own for each case.
// The answers that wrk leaves behind at the end of a case stay in its memory for ever,
// some 2 MB each, until it does not answer any more; and it goes on working at them,
// when the others have their turn.
func (s *stage) templateRound(ctx context.Context, root, dir string, l load, found *results, round int) error {
	stop, err := s.startWorker(ctx, root, dir, templateWorker)
	if err != nil {
		return err
	}
	defer func() {
		found.footprints[templateWorker].peak = max(found.footprints[templateWorker].peak, stop())
	}()
	r, err := l.request(ctx, s.servers[templateWorker])
	if err == nil {
		err = l.check(r, s.files)
	}
	if err != nil {
		return fmt.Errorf("%s, %s: %w", templateWorker, l.name, err)
	}
	return found.round(ctx, s, l, map[string]*http.Request{templateWorker: r}, round)
}

// entries are the first modules of the Workers.
var entries = map[string]string{plainWorker: "plain.mjs", downlinkWorker: "downlink.mjs", templateWorker: "worker.mjs"}

// buildWorkers puts the modules of each Worker into a folder of its own.
func (s *stage) buildWorkers(ctx context.Context, root string) (map[string]string, error) {
	folders := map[string]string{plainWorker: s.path("plain"), downlinkWorker: s.path("downlink-worker"), templateWorker: s.path("template")}
	for peer, dir := range folders {
		if peer == templateWorker {
			continue // its generator makes the folder
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, err
		}
		entry, err := workerPeers.ReadFile("peers/worker/" + entries[peer])
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, entries[peer]), entry, 0o600); err != nil {
			return nil, err
		}
	}
	const module = "github.com/downlink-go/downlink"
	dir := folders[templateWorker]
	return folders, errors.Join(
		shimInto(folders[downlinkWorker]),
		goTool(ctx, root, "wasip1", workers.CoreBuild(filepath.Join(folders[downlinkWorker], "core.wasm"))...),
		goTool(ctx, root, "", "run", "github.com/syumai/workers/cmd/workers-assets-gen", "-mode=go", "-o", dir),
		goTool(ctx, root, "js", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, "app.wasm"), module+"/test/bench/peers/template"))
}

// shimInto writes Downlink's modules for the files of one bucket.
func shimInto(dir string) error {
	site := workers.Site{
		Site:   wire.Site{Routes: []core.Route{{Pattern: "/files/{path...}", Lookup: core.Object, Source: "files"}}},
		Stores: map[string]string{"files": "FILES"},
	}
	module, err := site.Module()
	if err != nil {
		return err
	}
	shim, err := fs.Sub(workers.Shim, "shim")
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, shim); err != nil {
		return err
	}
	// The pages are another module, which no download loads.
	for _, name := range []string{"instance.mjs", "pages.mjs"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "pages.mjs"), []byte("export function pages() {}\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "site.mjs"), module, 0o600))
}

// goTool runs the Go tool for goos and wasm, or for this machine if goos is "".
func goTool(ctx context.Context, dir, goos string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	if goos != "" {
		cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=wasm")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// weigh reads the size of the folder's Wasm module.
func (f *footprint) weigh(dir string) error {
	modules, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
	if err != nil || len(modules) == 0 {
		return err
	}
	module, err := os.ReadFile(modules[0])
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, 9)
	if err != nil {
		return err
	}
	if _, err := w.Write(module); err != nil {
		return err
	}
	f.wasm = int64(len(module))
	err = w.Close()
	f.packed = int64(packed.Len())
	return err
}

// firstRequest starts a Worker and times the first request that it gets.
func (s *stage) firstRequest(ctx context.Context, root, dir, peer string, f *footprint) error {
	stop, err := s.startWorker(ctx, root, dir, peer)
	if err != nil {
		return err
	}
	defer stop()
	r, err := workerLoads[0].request(ctx, s.servers[peer])
	if err != nil {
		return err
	}
	began := time.Now()
	if err := workerLoads[0].check(r, s.files); err != nil {
		return fmt.Errorf("%s: first request: %w", peer, err)
	}
	f.first = append(f.first, time.Since(began))
	return nil
}

// memoryOf asks Downlink's Worker how large its linear memory is.
func memoryOf(ctx context.Context, base string) (int64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/memory", nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(text), 10, 64)
}
