package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// frontPeers are the servers that are measured with Downlink behind them beside the
// same with the smallest Go backend: only what is behind differs.
var frontPeers = []frontPeer{
	{
		name: "apache", title: "Apache", program: "apache2", debian: "apache2, libapache2-mod-xsendfile", listen: "--listen",
		flags: []string{"--access-log", "/dev/null"}, main: apacheMain, args: []string{"-DFOREGROUND", "-f"}, field: "X-Sendfile",
	},
	{
		name: "lighttpd", title: "lighttpd", program: "lighttpd", debian: "lighttpd", listen: "--listen",
		main: lighttpdMain, args: []string{"-D", "-f"}, field: "X-Sendfile",
	},
	{
		name: "caddy", title: "Caddy", program: "caddy", debian: "caddy", listen: "--site",
		main: caddyMain, args: []string{"run", "--adapter", "caddyfile", "--config"}, field: "X-Accel-Redirect",
		// Its configuration takes the ETag and the range from the answer.
		also: "X-Downlink-Range:|Etag:\"x\"",
	},
}

// frontPeer is a front server.
type frontPeer struct {
	name, title, program, debian string
	listen                       string   // the flag of `downlink front` that says where
	flags                        []string // further ones
	main                         func(dir, address, site string) string
	args                         []string // before the configuration's path
	field, also                  string   // of the smallest backend
}

func (f frontPeer) behind() string { return f.title + " + Downlink" }

func (f frontPeer) smallest() string { return f.title + " + smallest Go (socket loop)" }

// smallestSame is the loop with one look at the file and the fields of Downlink's
// answer, which a front server reads and sends: none of that is saved by deciding nothing.
func (f frontPeer) smallestSame() string {
	return f.title + " + smallest Go (socket loop, same fields, a look)"
}

func (f frontPeer) smallestHTTP() string { return f.title + " + smallest Go (net/http)" }

// peers are those of the server, the reference first.
func (f frontPeer) peers() []string {
	return []string{f.smallest(), f.smallestSame(), f.smallestHTTP(), f.behind()}
}

var frontLoads = []load{
	{name: "1 KiB through others", file: "1k.bin", size: 1 << 10, connections: 16, decisive: true},
	{name: "100 KiB through others", file: "100k.bin", size: 100 << 10, connections: 16, decisive: true},
}

// frontTargets are about Apache and lighttpd, beside each kind of smallest backend;
// Caddy is shown only.
func frontTargets(found *results) (all []target) {
	for _, f := range frontPeers[:2] {
		for _, l := range frontLoads {
			for _, other := range []string{f.smallest(), f.smallestSame(), f.smallestHTTP()} {
				all = append(all, target{
					what: l.name + ": " + f.behind() + " / " + strings.TrimPrefix(other, f.title+" ") + ", requests/s",
					got:  found.ratio(l.name, f.behind(), other, requestRate), limit: 0.95,
				})
			}
		}
	}
	return all
}

// measureFronts starts each server with each backend and has wrk load them in turns.
func measureFronts(ctx context.Context, p plan) (*results, error) {
	found := &results{cases: frontLoads, samples: map[string]map[string][]sample{}, missing: map[string]string{}}
	for _, f := range frontPeers {
		found.groups = append(found.groups, f.peers())
	}
	if _, err := exec.LookPath("wrk"); err != nil {
		found.missing["every other front server"] = "Debian package wrk"
		return found, nil
	}
	s, ctx, err := newStage(ctx, found.missing)
	if err != nil {
		return nil, err
	}
	defer s.close()
	// Apache's children run as another user.
	if err := errors.Join(os.Chmod(s.dir, 0o755), s.build(ctx)); err != nil {
		return nil, err
	}
	for _, f := range frontPeers {
		if err := s.startFront(ctx, f); err != nil {
			return nil, err
		}
	}
	for _, peers := range found.groups {
		if err := s.await(ctx, peers); err != nil {
			return nil, err
		}
	}
	requests, err := s.prepare(ctx, found.cases)
	if err != nil {
		return nil, err
	}
	for round := range p.httpRounds {
		for _, l := range found.cases {
			progress("%s, round %d of %d", l.name, round+1, p.httpRounds)
			if err := found.round(ctx, s, l, requests[l.name], round); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// startFront starts a server with Downlink behind it, and with the smallest backends
// behind it.
func (s *stage) startFront(ctx context.Context, f frontPeer) error {
	program, err := exec.LookPath(f.program)
	if err != nil {
		program = "/usr/sbin/" + f.program
	}
	if _, err := os.Stat(program); err != nil {
		for _, peer := range f.peers() {
			s.missing[peer] = "Debian package " + f.debian
		}
		return nil
	}
	own := s.frontConfig(f, "downlink")
	if err := s.startDownlink(ctx, own, f.name+"-downlink"); err != nil {
		return err
	}
	fields, err := s.ownFields(ctx, f, own.Listen)
	if err != nil {
		return err
	}
	for kind, also := range map[string]string{"raw": f.also, "same": fields, "nethttp": f.also} {
		if err := s.startSmallestFor(ctx, f, kind, also); err != nil {
			return err
		}
	}
	kinds := map[string]string{f.behind(): "downlink", f.smallest(): "raw", f.smallestSame(): "same", f.smallestHTTP(): "nethttp"}
	for peer, kind := range kinds {
		if err := s.startServer(ctx, f, program, peer, f.name+"-"+kind); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) frontConfig(f frontPeer, kind string) downlinkConfig {
	return downlinkConfig{Listen: "unix:" + s.path(f.name+"-"+kind+".sock"), Front: f.name, Files: s.files}
}

// ownFields are those of Downlink's answer to the front server but for the one that
// names the file, as the smallest backend takes them.
func (s *stage) ownFields(ctx context.Context, f frontPeer, listen string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", strings.TrimPrefix(listen, "unix:"))
		},
	}}
	r, err := frontLoads[0].request(ctx, "http://localhost")
	if err != nil {
		return "", err
	}
	r.Header.Set("X-Downlink-Front", f.name)
	answer, err := client.Do(r)
	for err != nil {
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("%s does not answer at its socket: %w\n%s", f.behind(), err, s.logs())
		case <-time.After(50 * time.Millisecond):
			answer, err = client.Do(r)
		}
	}
	defer answer.Body.Close()
	if answer.Header.Get(f.field) == "" {
		return "", fmt.Errorf("%s: the answer at its socket has no %s: %v", f.behind(), f.field, answer.Header)
	}
	var all []string
	for name, values := range answer.Header {
		if name != f.field && name != "Content-Length" {
			all = append(all, name+":"+values[0])
		}
	}
	return strings.Join(all, "|"), nil
}

func (s *stage) startSmallestFor(ctx context.Context, f frontPeer, kind, also string) error {
	name, c := f.name+"-"+kind, s.frontConfig(f, kind)
	if err := s.expand("downlink.toml.tmpl", name+".toml", c); err != nil {
		return err
	}
	to := "/_internal/files/"
	if f.field == "X-Sendfile" {
		to = s.files + "/"
	}
	args := []string{"--field", f.field, "--to", to, "--also", also}
	if kind == "same" {
		kind, args = "raw", append(args, "--look", s.files+"/")
	}
	return s.launch(ctx, name, s.program("smallest"), append(args, kind, s.path(name+".sock"))...)
}

// startServer has Downlink write the server's configuration from name.toml and starts
// it.
func (s *stage) startServer(ctx context.Context, f frontPeer, program, peer, name string) error {
	address, err := s.listenAt(peer)
	if err != nil {
		return err
	}
	at := address
	if f.listen == "--site" {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return err
		}
		at = "http://:" + port
	}
	args := append([]string{"front", f.name, "--config", s.path(name + ".toml"), f.listen, at}, f.flags...)
	site, err := exec.CommandContext(ctx, s.program("downlink"), args...).Output()
	if err != nil {
		return fmt.Errorf("downlink front %s: %w", f.name, err)
	}
	dir := s.path(name + "-server")
	conf := filepath.Join(dir, "server.conf")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(conf, []byte(f.main(dir, address, string(site))), 0o600)); err != nil {
		return err
	}
	return s.launch(ctx, name+"-server", program, append(f.args, conf)...)
}

func apacheMain(dir, address, site string) string {
	var b strings.Builder
	for _, m := range []string{"mpm_event", "authz_core", "proxy", "proxy_http", "headers", "env", "reqtimeout", "unique_id", "xsendfile"} {
		fmt.Fprintf(&b, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", m, m)
	}
	user := ""
	if os.Getuid() == 0 {
		user = "User www-data\nGroup www-data\n"
	}
	fmt.Fprintf(&b, "ServerRoot %q\nDefaultRuntimeDir %q\nPidFile pid\nErrorLog /dev/stderr\nServerName localhost\nListen %s\n%s%s", dir, dir, address, user, site)
	return b.String()
}

func lighttpdMain(dir, address, site string) string {
	// The server's own socket is one that nobody asks.
	return fmt.Sprintf("server.document-root = %q\nserver.bind = %q\nserver.upload-dirs = ( %q )\n%s", dir, filepath.Join(dir, "unused.sock"), dir, site)
}

func caddyMain(_, _, site string) string {
	return "{\n\tadmin off\n\tauto_https off\n}\n" + site
}
