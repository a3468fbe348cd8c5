package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"text/template"
	"time"
)

// The peers, by the names that the table has for them.
const (
	fileServer    = "http.FileServer"
	direct        = "Downlink"
	directLog     = "Downlink, access log"
	static        = "nginx alone"
	behind        = "nginx + Downlink"
	behindLog     = "nginx + Downlink, access log"
	smallest      = "nginx + smallest Go (socket loop)"
	smallestHTTP  = "nginx + smallest Go (net/http)"
	djangoBackend = "nginx + django-downloadview"
)

// groups are the peers that are compared, each with its reference first. They take
// turns in this order: those that a target is about follow each other.
var groups = [][]string{
	{fileServer, direct, directLog},
	{static, behind, smallest, smallestHTTP, behindLog, djangoBackend},
}

// decisiveGroups are those of them that a target is about.
var decisiveGroups = [][]string{
	{fileServer, direct},
	{static, behind, smallest, djangoBackend},
}

//go:embed nginx.conf.tmpl downlink.toml.tmpl workerd.capnp.tmpl
var templates embed.FS

//go:embed peers/django/app.py
var djangoApp []byte

// stage is a temporary directory with the files and everything that serves them.
type stage struct {
	dir, files string
	servers    map[string]string // base URL by peer
	missing    map[string]string // what a peer needs, by peer
	r2         []workerdModule   // of the R2 that Workers have
	processes  map[string]int    // ids of the Workers' processes, by peer
	stop       context.CancelFunc
	running    sync.WaitGroup
}

// setUp builds and starts the peers. What cannot be started for want of a
// program is in missing. Close ends them.
func setUp(ctx context.Context) (*stage, error) {
	s, ctx, err := newStage(ctx, map[string]string{})
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// newStage makes the directory with the files and wrk's script, and nothing that
// serves them. The context ends with the stage.
func newStage(ctx context.Context, missing map[string]string) (*stage, context.Context, error) {
	dir, err := os.MkdirTemp("", "downlink-bench-")
	if err != nil {
		return nil, nil, err
	}
	s := &stage{dir: dir, files: filepath.Join(dir, "files"), servers: map[string]string{}, missing: missing, processes: map[string]int{}}
	ctx, s.stop = context.WithCancel(ctx)
	if err := errors.Join(os.Mkdir(s.files, 0o755), makeFiles(s.files), os.WriteFile(s.path("done.lua"), doneScript, 0o600)); err != nil {
		s.close()
		return nil, nil, err
	}
	return s, ctx, nil
}

// close ends every process and removes the directory.
func (s *stage) close() {
	s.stop()
	s.running.Wait()
	os.RemoveAll(s.dir)
}

func (s *stage) start(ctx context.Context) error {
	if err := s.build(ctx); err != nil {
		return err
	}
	if err := s.startDirect(ctx); err != nil {
		return err
	}
	return s.startNginx(ctx)
}

// build builds the programs that are not installed.
func (s *stage) build(ctx context.Context) error {
	progress("building")
	const module = "github.com/downlink-go/downlink"
	build := exec.CommandContext(ctx, "go", "build", "-o", s.path("bin")+"/", module+"/cmd/downlink", module+"/test/bench/peers/...")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) program(name string) string { return filepath.Join(s.dir, "bin", name) }

// startDirect starts the servers that send the bytes themselves.
func (s *stage) startDirect(ctx context.Context) error {
	address, err := s.listenAt(fileServer)
	if err != nil {
		return err
	}
	if err := s.launch(ctx, "fileserver", s.program("fileserver"), address, s.files); err != nil {
		return err
	}
	for peer, log := range map[string]bool{direct: false, directLog: true} {
		address, err := s.listenAt(peer)
		if err != nil {
			return err
		}
		config := downlinkConfig{Listen: address, AccessLog: log, Files: s.files}
		if err := s.startDownlink(ctx, config, fmt.Sprintf("direct-%v", log)); err != nil {
			return err
		}
	}
	return s.await(ctx, groups[0])
}

// downlinkConfig is what downlink.toml.tmpl depends on.
type downlinkConfig struct {
	Listen, Data, Files string
	AccessLog           bool
	Front               string // that files are left to; "" for none
}

// startDownlink serves with the configuration, which it writes to name.toml.
func (s *stage) startDownlink(ctx context.Context, c downlinkConfig, name string) error {
	c.Data = s.path(name + "-data")
	if err := s.expand("downlink.toml.tmpl", name+".toml", c); err != nil {
		return err
	}
	return s.launch(ctx, name, s.program("downlink"), "serve", "--config", s.path(name+".toml"))
}

// backend is an X-Accel backend with a server block of its own.
type backend struct{ Name, Socket, Listen string }

// startNginx starts one nginx and what is behind it.
func (s *stage) startNginx(ctx context.Context) error {
	peers := groups[1]
	if _, err := exec.LookPath("nginx"); err != nil {
		for _, peer := range peers {
			s.missing[peer] = "Debian package nginx"
		}
		return nil
	}
	config := struct {
		Root               bool
		Dir, Files, Static string
		Includes           []string
		Backends           []backend
	}{Root: os.Getuid() == 0, Dir: s.dir, Files: s.files}
	var err error
	if config.Static, err = s.listenAt(static); err != nil {
		return err
	}
	for peer, log := range map[string]bool{behind: false, behindLog: true} {
		include, err := s.startBehind(ctx, peer, log)
		if err != nil {
			return err
		}
		config.Includes = append(config.Includes, include)
	}
	for peer, kind := range map[string]string{smallest: "raw", smallestHTTP: "nethttp"} {
		include, err := s.startSmallest(ctx, peer, kind)
		if err != nil {
			return err
		}
		config.Includes = append(config.Includes, include)
	}
	if config.Backends, err = s.startBackends(ctx); err != nil {
		return err
	}
	if err := s.expand("nginx.conf.tmpl", "nginx.conf", config); err != nil {
		return err
	}
	if err := s.launch(ctx, "nginx", "nginx", "-e", s.path("nginx.log"), "-c", s.path("nginx.conf")); err != nil {
		return err
	}
	return s.await(ctx, peers)
}

// startBehind starts a Downlink that hands files to nginx and returns the path
// of the configuration that it makes for nginx.
func (s *stage) startBehind(ctx context.Context, peer string, log bool) (string, error) {
	name := fmt.Sprintf("behind-%v", log)
	if err := s.startDownlink(ctx, s.behindConfig(name, log), name); err != nil {
		return "", err
	}
	return s.writeFront(ctx, peer, name)
}

// startSmallest starts a backend that decides nothing and returns the path of
// nginx's configuration, which is the one that Downlink has: only what is behind
// nginx differs.
func (s *stage) startSmallest(ctx context.Context, peer, kind string) (string, error) {
	name := "smallest-" + kind
	if err := s.expand("downlink.toml.tmpl", name+".toml", s.behindConfig(name, false)); err != nil {
		return "", err
	}
	if err := s.launch(ctx, name, s.program("smallest"), kind, s.path(name+".sock")); err != nil {
		return "", err
	}
	return s.writeFront(ctx, peer, name)
}

func (s *stage) behindConfig(name string, log bool) downlinkConfig {
	return downlinkConfig{Listen: "unix:" + s.path(name+".sock"), AccessLog: log, Front: "nginx", Files: s.files}
}

// writeFront has Downlink write nginx's side of name.toml to name.conf.
func (s *stage) writeFront(ctx context.Context, peer, name string) (string, error) {
	address, err := s.listenAt(peer)
	if err != nil {
		return "", err
	}
	front := exec.CommandContext(ctx, s.program("downlink"), "front", "nginx",
		"--config", s.path(name+".toml"), "--listen", address, "--upstream", name, "--access-log", "off")
	block, err := front.Output()
	if err != nil {
		return "", fmt.Errorf("downlink front nginx: %w", err)
	}
	return s.path(name + ".conf"), os.WriteFile(s.path(name+".conf"), block, 0o600)
}

// startBackends starts the X-Accel backends that are not of Go.
func (s *stage) startBackends(ctx context.Context) ([]backend, error) {
	var all []backend
	add := func(peer, name, program string, args ...string) error {
		b := backend{Name: name, Socket: s.path(name + ".sock")}
		var err error
		if b.Listen, err = s.listenAt(peer); err != nil {
			return err
		}
		all = append(all, b)
		return s.launch(ctx, name, program, args...)
	}
	if err := os.WriteFile(s.path("app.py"), djangoApp, 0o600); err != nil {
		return nil, err
	}
	options := []string{"--chdir", s.dir, "app:application"}
	if exec.CommandContext(ctx, "gunicorn", append([]string{"--check-config"}, options...)...).Run() != nil {
		s.missing[djangoBackend] = "Debian packages python3-django-downloadview, python3-django, gunicorn"
		return all, nil
	}
	return all, add(djangoBackend, "django", "gunicorn", append(options, "--workers=2", "--bind=unix:"+s.path("django.sock"))...)
}

// launch starts a program that runs until the stage is closed. What it prints
// goes to name.log.
func (s *stage) launch(ctx context.Context, name, program string, args ...string) error {
	log, err := os.Create(s.path(name + ".log"))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	s.running.Go(func() {
		_ = cmd.Wait() // ended by us, or await finds that it does not answer
		log.Close()
	})
	return nil
}

// listenAt chooses a free loopback address for the peer.
func (s *stage) listenAt(peer string) (string, error) {
	address, err := freeAddress()
	s.servers[peer] = "http://" + address
	return address, err
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// await waits until each of the peers answers with a file.
func (s *stage) await(ctx context.Context, peers []string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for _, peer := range peers {
		for s.missing[peer] == "" && !s.answers(ctx, peer) {
			select {
			case <-ctx.Done():
				return fmt.Errorf("%s does not answer:\n%s", peer, s.logs())
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return nil
}

func (s *stage) answers(ctx context.Context, peer string) bool {
	r, err := loads[0].request(ctx, s.servers[peer])
	return err == nil && loads[0].check(r, s.files) == nil
}

// logs is what the programs printed.
func (s *stage) logs() []byte {
	var all bytes.Buffer
	names, _ := filepath.Glob(s.path("*.log"))
	for _, name := range names {
		text, _ := os.ReadFile(name)
		fmt.Fprintf(&all, "%s:\n%s\n", filepath.Base(name), text[max(0, len(text)-2000):])
	}
	return all.Bytes()
}

// expand writes a template's text to the file called name.
func (s *stage) expand(tmpl, name string, data any) error {
	t, err := template.ParseFS(templates, tmpl)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, data); err != nil {
		return err
	}
	return os.WriteFile(s.path(name), text.Bytes(), 0o600)
}
