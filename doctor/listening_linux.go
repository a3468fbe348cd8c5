package doctor

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// listening is the user of the worker processes that listen at a URL's port on this
// machine, as /proc has it. Among several, root is but the one that started them.
func listening(front string) (reader, bool) {
	u, err := url.Parse(front)
	if err != nil {
		return reader{}, false
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	sockets := socketsAt(port)
	var found reader
	known := false
	for _, dir := range processes() {
		if !holds(dir, sockets) {
			continue
		}
		if r, ok := processUser(dir); ok && (!known || r.uid != 0) {
			found, known = r, true
		}
	}
	return found, known
}

// socketsAt are the inodes of the sockets that listen at a TCP port, as links to them
// read.
func socketsAt(port string) map[string]bool {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil
	}
	const listen = "0A" // TCP_LISTEN of <net/tcp_states.h>
	suffix := fmt.Sprintf(":%04X", n)
	all := map[string]bool{}
	for _, name := range [...]string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			if w := strings.Fields(s.Text()); len(w) > 9 && strings.HasSuffix(w[1], suffix) && w[3] == listen {
				all["socket:["+w[9]+"]"] = true
			}
		}
		f.Close()
	}
	return all
}

func processes() []string {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	return dirs
}

// holds reports whether a process has one of the sockets open.
func holds(dir string, sockets map[string]bool) bool {
	if len(sockets) == 0 {
		return false
	}
	links, _ := filepath.Glob(dir + "/fd/*")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && sockets[target] {
			return true
		}
	}
	return false
}

// processUser is the effective user of a process, with its groups.
func processUser(dir string) (r reader, ok bool) {
	text, err := os.ReadFile(dir + "/status")
	if err != nil {
		return reader{}, false
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		w := strings.Fields(value)
		switch {
		case name == "Uid" && len(w) > 1:
			uid, err := strconv.ParseUint(w[1], 10, 32)
			r.uid, ok = uint32(uid), err == nil
			r.name = w[1]
			if u, err := user.LookupId(w[1]); err == nil {
				r.name = u.Username
			}
		case name == "Gid" && len(w) > 1:
			r.gids = append(r.gids, numbers(w[1:2])...)
		case name == "Groups":
			r.gids = append(r.gids, numbers(w)...)
		}
	}
	return r, ok
}

func numbers(words []string) (all []uint32) {
	for _, w := range words {
		if n, err := strconv.ParseUint(w, 10, 32); err == nil {
			all = append(all, uint32(n))
		}
	}
	return all
}
