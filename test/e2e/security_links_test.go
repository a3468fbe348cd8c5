package e2e

import (
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// linksOut are links that lead out of the root, or nowhere.
func linksOut(top string) map[string]string {
	return map[string]string{
		"out": "../canary.txt", "out-absolute": top + "/canary.txt", "passwd": "/etc/passwd", "sibling": "../root-secret/canary.txt",
		"chain1": "chain2", "chain2": "sub/chain3", "sub/chain3": "../../outside/canary.txt",
		"loop1": "loop2", "loop2": "loop1", "self": "self", "dangling": "none", "dangling-out": "../none",
		"dir-out": "../outside", "dir-sibling": "../root-secret", "up": "..", "slash": "/", "proc": "/proc/self/root" + top + "/canary.txt",
		"cwd": "/proc/self/cwd", "fd": "/proc/self/fd/0", "file-and-slash": "a.txt/", "to-dir": "sub", "by-links": "to-dir/../../canary.txt",
	}
}

var (
	linkTargets = []string{
		"out", "out-absolute", "passwd", "sibling", "chain1", "chain2", "sub/chain3", "loop1", "loop2", "self", "self/x", "loop1/x", "dangling", "dangling/x",
		"dangling-out", "dir-out", "dir-out/", "dir-out/canary.txt", "dir-sibling/canary.txt", "up", "up/canary.txt", "slash", "slash/etc/passwd", "proc",
		"cwd", "fd", "file-and-slash", "to-dir", "to-dir/", "to-dir/chain3", "by-links", "out/", "good/", "good/x", "out%2f", "out/.", "dir-out/./canary.txt",
		"fifo", "fifo-link", "sub/fifo", "socket", "null", "zero", "sub", "sub/",
	}
	linksServed = map[string]string{"good": contentB, "good-chain": contentB, "to-dir/b.txt": contentB, "sub/good": contentA}
)

// withLinks adds all that may stand in a folder without being a file of it.
func withLinks(t *testing.T, root string) string {
	links := linksOut(filepath.Dir(root))
	links["good"], links["good-chain"], links["sub/good"], links["fifo-link"] = "sub/b.txt", "good", "../a.txt", "fifo"
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"fifo", "sub/fifo"} {
		if err := syscall.Mkfifo(filepath.Join(root, name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	// Devices are made where the tests may make them.
	_ = syscall.Mknod(filepath.Join(root, "null"), syscall.S_IFCHR|0o666, 1<<8|3)
	_ = syscall.Mknod(filepath.Join(root, "zero"), syscall.S_IFCHR|0o666, 1<<8|5)
	l, err := net.Listen("unix", filepath.Join(root, "socket"))
	if err != nil {
		t.Logf("no socket: %v", err) // the path is too long for one
		return ""
	}
	t.Cleanup(func() { l.Close() })
	return ""
}

func TestSecurityLinks(t *testing.T) {
	onAll(t, withLinks, func(t *testing.T, v *victim) {
		for _, target := range linkTargets {
			t.Run(target, func(t *testing.T) { v.refuses(t, "/files/"+target) })
		}
		for target, want := range linksServed {
			if r := v.one(t, get("/files/"+target), 200); string(r.body) != want {
				t.Errorf("%s: got %q, want %q", target, r.body, want)
			}
		}
		for _, target := range []string{"out", "passwd", "dir-out/canary.txt", "fifo"} {
			for _, field := range []string{"Range: bytes=0-9", "If-None-Match: *", "If-Match: *"} {
				v.one(t, get("/files/"+target, field), 404)
				v.one(t, ask("HEAD", "/files/"+target, field), 404)
			}
		}
		page := v.one(t, get("/"), 200)
		if canaryIn(page.body) != "" {
			t.Errorf("the index page leaks")
		}
	})
}

// swapper changes root/swap.txt between a file of the root and something else,
// as fast as it can, always by rename: the name is never missing.
func swapper(t *testing.T, root, target string) (stop func() (swaps int)) {
	t.Helper()
	name, spare := filepath.Join(root, "swap.txt"), filepath.Join(root, "..", "spare")
	write(t, name, contentA)
	done := make(chan struct{})
	var group sync.WaitGroup
	swaps := 0
	group.Go(func() {
		for ; ; swaps++ {
			select {
			case <-done:
				return
			default:
			}
			if swaps%2 == 0 {
				os.Symlink(target, spare)
			} else {
				os.Link(filepath.Join(root, "a.txt"), spare)
			}
			os.Rename(spare, name)
		}
	})
	return func() int {
		close(done)
		group.Wait()
		return swaps
	}
}

// outcome counts what requests during a race came to.
type outcome struct{ served, refused, leaked, other atomic.Int64 }

func (o *outcome) add(k talk) {
	all, _ := k.replies("GET")
	switch {
	case canaryIn(k.raw) != "":
		o.leaked.Add(1)
	case len(all) == 1 && all[0].status == 200 && string(all[0].body) == contentA:
		o.served.Add(1)
	case len(all) == 1 && all[0].status == 404:
		o.refused.Add(1)
	default:
		o.other.Add(1)
	}
}

// race asks for a target 2000 times.
func race(t *testing.T, addr, target string) *outcome {
	var o outcome
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 500 {
				o.add(say(t, addr, get(target), patience))
			}
		})
	}
	group.Wait()
	return &o
}

func TestSecuritySwappedLink(t *testing.T) { swappedLink(t, direct) }

// swappedLink swaps a file for a link to a secret, and back, while it is asked for.
func swappedLink(t *testing.T, way string) {
	v := newVictim(t, way, nil)
	stop := swapper(t, v.root, "../canary.txt")
	o := race(t, v.addr, "/files/swap.txt")
	swaps := stop()
	t.Logf("%d swaps: %d served, %d refused", swaps, o.served.Load(), o.refused.Load())
	if n := o.leaked.Load(); n > 0 {
		t.Errorf("LEAK: %d of 2000 answers hold the canary", n)
	}
	if n := o.other.Load(); n > 0 {
		t.Errorf("%d answers are neither the file nor 404", n)
	}
	if o.served.Load() == 0 || o.refused.Load() == 0 {
		t.Errorf("%d served, %d refused: there was no race", o.served.Load(), o.refused.Load())
	}
}

// Downlink looks at the file and the front server opens its name afterwards: it is
// told the name without links, and to follow none. Apache and Caddy cannot be told
// that; docs/front-servers.md says so.
func TestSecuritySwappedLinkThroughNginx(t *testing.T)    { swappedLink(t, nginx) }
func TestSecuritySwappedLinkThroughLighttpd(t *testing.T) { swappedLink(t, lighttpd) }
