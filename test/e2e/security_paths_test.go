package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// refused are the statuses for a path that names no file.
var refused = []int{400, 403, 404}

// dotPairs are ways to write "..", slashes ways to write "/", as some decoder,
// file system or regular expression once took them.
var (
	dotPairs = []string{
		"..", "%2e%2e", ".%2E", "%2e.", "%252e%252e", "%25252e%25252e", "%%32%65%%32%65", "%%32e.", "%2%65%2%65",
		"%c0%ae%c0%ae", "\xc0\xae\xc0\xae", "%c0%2e%c0%2e", "%e0%80%ae%e0%80%ae", "%f0%80%80%ae%f0%80%80%ae",
		"%u002e%u002e", "%uff0e%uff0e", "%ef%bc%8e%ef%bc%8e", "\uff0e\uff0e", "%e2%80%a5", "&#46;&#46;", "\\x2e\\x2e",
		"..;", "..;a=b", "..%3b", "..%00", "%00..", "..%09", "\t..", "..%20", "..%0d%0a", "..\x00", "..%ff", "..%", "....", "..../", ".././..",
	}
	slashes = []string{
		"/", "%2f", "%2F", "\\", "%5c", "%5C", "%252f", "%255c", "%25252f", "%%32%66", "%%35%63", "%c0%af", "%c1%9c", "%c0%2f",
		"%e0%80%af", "\xc0\xaf", "%u2215", "%u2216", "%uff0f", "%ef%bc%8f", "%e2%88%95", "\uff0f", "//", "/./", "/%2e/", "\\/", "/\\",
	}
)

// traversals are all pairs of them, a few levels up from each place, to secrets.
func traversals(v *victim) []string {
	up := func(dots, slash, secret string, levels int) string {
		return strings.Repeat(dots+slash, levels) + strings.ReplaceAll(secret, "/", slash)
	}
	var all []string
	for _, dots := range dotPairs {
		for _, slash := range slashes {
			for _, from := range []string{"/files/", "/files/sub/", "/"} {
				all = append(all,
					from+up(dots, slash, "canary.txt", 1),
					from+up(dots, slash, "root-secret/canary.txt", 2),
					from+up(dots, slash, "etc/passwd", 40))
			}
			all = append(all,
				"/d/"+up(dots, slash, "etc/passwd", 12),
				"/files"+slash+up(dots, slash, strings.TrimPrefix(v.top, "/")+"/canary.txt", 12),
				"/_internal/files/"+up(dots, slash, "canary.txt", 1),
				"/_internal/files"+up(dots, slash, "canary.txt", 1),
				"/_internal/files@own/"+up(dots, slash, "canary.txt", 1))
		}
	}
	return all
}

func TestSecurityTraversal(t *testing.T) {
	onAll(t, nil, func(t *testing.T, v *victim) {
		targets := make(chan string)
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() {
				for target := range targets {
					v.refuses(t, target)
				}
			})
		}
		all := traversals(v)
		for _, target := range all {
			targets <- target
		}
		close(targets)
		workers.Wait()
		t.Logf("%d targets", len(all))
		v.alive(t, patience)
	})
}

// refuses wants a target to be refused, in one answer or, where the bytes are no
// HTTP at all, with the end of the connection.
func (v *victim) refuses(t *testing.T, target string) {
	k := say(t, v.addr, get(target), patience)
	v.laws(t, target, k, "GET")
	all, rest := k.replies("GET")
	if !k.closed || len(all) != 1 || len(rest) > 0 {
		t.Errorf("%q: got %d answers, closed: %v: %.200q", target, len(all), k.closed, k.raw)
		return
	}
	if !slices.Contains(refused, all[0].status) {
		t.Errorf("%q: got status %d: %.300q", target, all[0].status, k.raw)
	}
}

// Names that another platform, or another part of the same one, takes for
// something else than the file they spell.
func TestSecurityOddPaths(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, v *victim) {
		secret := v.top + "/canary.txt"
		for _, row := range []struct{ name, target string }{
			{"absolute path", "/files/" + secret},
			{"absolute path, encoded slash", "/files/%2f" + secret[1:]},
			{"absolute path instead of a URL path", secret},
			{"absolute path, all slashes encoded", "/files/" + strings.ReplaceAll(secret, "/", "%2F")},
			{"passwd", "/files//etc/passwd"},
			{"passwd as the target", "//etc/passwd"},
			{"file URL", "/files/file://" + secret},
			{"file URL, encoded", "/files/file:%2f%2f" + secret},
			{"file URL as the target", "file://" + secret},
			{"drive", "/files/C:/canary.txt"},
			{"drive with a backslash", "/files/C:%5ccanary.txt"},
			{"drive without a slash", "/files/C:canary.txt"},
			{"UNC", "/files/%5c%5clocalhost%5cc$%5ccanary.txt"},
			{"UNC with slashes", "/files///localhost/c$/canary.txt"},
			{"NT path", "/files/%5c%3f%3f%5cC:%5ccanary.txt"},
			{"NT path, long", "/files/%5c%5c%3f%5cC:%5ccanary.txt"},
			{"device path", "/files/%5c%5c.%5cC:%5ccanary.txt"},
			{"alternate data stream", "/files/a.txt::$DATA"},
			{"alternate data stream, named", "/files/a.txt:secret"},
			{"index stream", "/files/sub::$INDEX_ALLOCATION/b.txt"},
			{"8.3 name", "/files/PATTER~1.BIN"},
			{"device name", "/files/CON"},
			{"device name with extension", "/files/NUL.txt"},
			{"device name, superscript", "/files/COM%c2%b9"},
			{"device as folder", "/files/AUX/b.txt"},
			{"device of Unix", "/files/dev/null"},
			{"trailing dot", "/files/a.txt."},
			{"trailing dots", "/files/a.txt..."},
			{"trailing space", "/files/a.txt%20"},
			{"trailing slash", "/files/a.txt/"},
			{"trailing encoded slash", "/files/a.txt%2f"},
			{"trailing backslash", "/files/a.txt%5c"},
			{"trailing slash and dot", "/files/a.txt/."},
			{"below a file", "/files/a.txt/b"},
			{"NUL after the name", "/files/a.txt%00"},
			{"NUL and another extension", "/files/a.txt%00.png"},
			{"raw NUL", "/files/a.txt\x00"},
			{"path parameter", "/files/a.txt;x=1"},
			{"extra path", "/files/a.txt/evil.css"},
			{"double slash", "/files//a.txt"},
			{"double slash at the start", "//files/a.txt"},
			{"double slash inside", "/files/sub//b.txt"},
			{"dot segment", "/files/./a.txt"},
			{"dot dot inside", "/files/sub/../a.txt"},
			{"encoded dot dot inside", "/files/sub/%2e%2e/a.txt"},
			{"encoded slash inside", "/files/sub%2fb.txt"},
			{"encoded slash after the view", "/files%2fa.txt"},
			{"backslash inside", "/files/sub%5cb.txt"},
			{"raw backslash inside", "/files/sub\\b.txt"},
			{"backslash after the view", "/files\\a.txt"},
			{"other case", "/files/A.TXT"},
			{"view in other case", "/FILES/a.txt"},
			{"name encoded twice", "/files/%2561.txt"},
			{"sibling by prefix", "/files-secret/canary.txt"},
			{"sibling by prefix, without a slash", "/filesecret.txt"},
			{"sibling by prefix below the view", "/files/-secret/canary.txt"},
			{"sibling by dots", "/files/..-secret/canary.txt"},
			{"the view itself", "/files"},
			{"the root", "/files/"},
			{"a directory", "/files/sub"},
			{"a directory with a slash", "/files/sub/"},
			{"percent at the end", "/files/a.txt%"},
			{"half an escape", "/files/a.txt%4"},
			{"no escape", "/files/%zz"},
			{"fragment", "/files/../canary.txt#/files/a.txt"},
			{"40 levels down and up", "/files/" + strings.Repeat("sub/", 40) + strings.Repeat("../", 41) + "canary.txt"},
			{"very long", "/files/" + strings.Repeat("a", 5000)},
			{"very deep", "/files/" + strings.Repeat("a/", 1800) + "b"},
			{"target without a slash", "files/a.txt"},
			{"asterisk", "*"},
			{"process root", "/files/proc/self/root" + secret},
		} {
			t.Run(row.name, func(t *testing.T) { v.refuses(t, row.target) })
		}
	})
}

// No target is answered with a redirect: one refuses is the rule, lawful looks
// for 3xx and Location in all answers.
func TestSecurityOpenRedirect(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, v *victim) {
		for _, target := range []string{
			"//evil.example", "//evil.example/", "//evil.example/..", "//evil.example/%2e%2e", "///evil.example", "/\\evil.example",
			"/%5cevil.example", "%5c%5cevil.example", "/%5c%5cevil.example/", "/%2fevil.example", "/%2f%2fevil.example/..",
			"/.//evil.example", "/;//evil.example", "/files//evil.example/", "/files/..//evil.example/", "/files/%2e%2e//evil.example",
			"/files/sub", "/files/sub/..", "/d/", "/d/%0d%0aLocation:%20//evil.example", "/files/%0d%0aLocation:%20//evil.example",
			"/%0d%0aSet-Cookie:%20a=b", "/files/a.txt%0d%0aX-Evil:%20evil.example", "/files%0a", "/%E5%98%8A%E5%98%8DX-Evil:%20a", "/%09//evil.example",
			"http://evil.example", "http://evil.example\\@files.test/none", "/files?next=//evil.example", "/healthz/", "/index.html",
		} {
			request := get(target)
			k := say(t, v.addr, request, patience)
			v.laws(t, target, k, "GET")
			all, _ := k.replies("GET")
			// The absolute form of "/" is the index page, whatever its host.
			if len(all) != 1 || all[0].status >= 300 && all[0].status < 400 || all[0].status == 200 && target != "http://evil.example" {
				t.Errorf("%q: got %.200q", target, k.raw)
			}
			for _, r := range all {
				if strings.Contains(strings.Join(r.lines, "\n")+string(r.body), "evil") {
					t.Errorf("%q is reflected in %.300q", target, k.raw)
				}
			}
		}
	})
}

// Names that stand for themselves are served, so that the refusals above are
// not those of a server that serves nothing.
func TestSecurityOddNamesAreServed(t *testing.T) {
	names := []string{
		"with space.txt", "100%.txt", "%41.txt", "what?.txt", "a#b.txt", "a;b=c.txt", "a+b.txt", `"quoted".txt`, "it's.txt",
		"\U0001f600.txt", "e\u0301.txt", "日本.txt", "-.txt", "..hidden", "...", "a..b", `back\slash.txt`, `sub\b.txt`, "C:x", "CON", "&amp;.txt", "[x]{y}|z^`.txt", "$HOME.txt", "\xff.txt",
	}
	prepare := func(t *testing.T, root string) string {
		for _, name := range names {
			write(t, filepath.Join(root, name), "content of "+name)
		}
		return ""
	}
	onAll(t, prepare, func(t *testing.T, v *victim) {
		for _, name := range names {
			target := "/files/" + everyByteEscaped(name)
			if r := v.one(t, get(target), 200); string(r.body) != "content of "+name {
				t.Errorf("%q: got %q", name, r.body)
			}
			if r := v.one(t, get(target, "Range: bytes=8-"), 206); string(r.body) != "of "+name {
				t.Errorf("%q by range: got %q", name, r.body)
			}
			v.wantDisposition(t, v.one(t, get(target), 200))
		}
	})
}

func everyByteEscaped(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

// Each of v's folders is really there: a wrong path would be refused as well.
func TestSecuritySecretsExist(t *testing.T) {
	v := newVictim(t, direct, nil)
	for _, file := range []string{"canary.txt", "root-secret/canary.txt", "rootsecret.txt", "outside/canary.txt"} {
		for _, way := range []string{v.top + "/" + file, v.root + "/../" + file, v.root + "/sub/../../" + file} {
			if b, err := os.ReadFile(way); err != nil || canaryIn(b) == "" {
				t.Errorf("%s holds no canary: %v", file, err)
			}
		}
	}
}
