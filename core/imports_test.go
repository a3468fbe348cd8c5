package core_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowedImports is everything that core and the packages below it may import
// besides each other, with what it is for.
var allowedImports = map[string]string{
	"errors":          "sentinels and faults",
	"math":            "limits of integers",
	"slices":          "sorting",
	"strconv":         "numbers",
	"time":            "time as a value; the clock is banned below",
	"unicode/utf8":    "names",
	"crypto/hmac":     "signed links: the signature, and its comparison in constant time",
	"crypto/sha256":   "signed links: the hash of the signature",
	"encoding/base64": "signed links: the text form of a token",
}

// bannedImports are packages that somebody will reach for, with the reason why
// they may not. A package in neither list is refused as well.
var bannedImports = map[string]string{
	"net/netip":     "the few addresses of links are read by link itself (+35 KiB compressed)",
	"net":           "core does no I/O: the platform does",
	"net/http":      "core does no I/O and must stay small in WebAssembly (+770 KiB compressed)",
	"net/url":       "it decodes twice and cleans paths; paths are decoded once, by decodePath (+150 KiB compressed)",
	"os":            "core does no I/O: files are the storage driver's",
	"io":            "core does no I/O: a decision is a value",
	"syscall":       "core does no I/O",
	"mime":          "it reads /etc/mime.types of the host, which must not change a decision",
	"fmt":           "strconv and append do it in a tenth of the time (+75 KiB compressed)",
	"log":           "core does not log: it gives a Reason",
	"log/slog":      "core does not log: it gives a Reason",
	"context":       "nothing here waits",
	"sync":          "nothing here is shared and changed",
	"math/rand":     "randomness is an argument: Request.Nonce",
	"math/rand/v2":  "randomness is an argument: Request.Nonce",
	"crypto/rand":   "randomness is an argument: Request.Nonce",
	"reflect":       "everything here has a type (and WebAssembly gets larger)",
	"unsafe":        "purity could not be checked",
	"encoding/json": "adapters translate, core decides (+240 KiB compressed)",
	"regexp":        "time would depend on hostile input",
	"path/filepath": "paths are keys with slashes on every system",
}

// bannedTime are the names of package time that look at the clock or wait.
var bannedTime = []string{
	"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep",
	"Local", "LoadLocation", // the host's zone and files
}

const modulePath = "github.com/downlink-go/downlink/"

// impurities lists what makes a source file of core impure.
func impurities(file *ast.File) []string {
	var faults []string
	timeName := ""
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		switch reason, banned := bannedImports[path]; {
		case banned:
			faults = append(faults, "imports "+path+": "+reason)
		case strings.HasPrefix(path, modulePath+"core"):
		case allowedImports[path] == "":
			faults = append(faults, "imports "+path+", which is not in the list of allowed packages")
		}
		if spec.Name != nil && spec.Name.Name == "." {
			faults = append(faults, "imports "+path+" with a dot, which hides what is used")
		}
		if path == "time" {
			if timeName = "time"; spec.Name != nil {
				timeName = spec.Name.Name
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		// An identifier that is a package has no object in its own file.
		if ok && timeName != "" && x.Name == timeName && x.Obj == nil && slices.Contains(bannedTime, sel.Sel.Name) {
			faults = append(faults, "uses time."+sel.Sel.Name+": the time is an argument")
		}
		return true
	})
	for _, group := range file.Comments {
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//go:linkname") {
				faults = append(faults, "reaches into another package by go:linkname")
			}
		}
	}
	return faults
}

func TestCoreIsPure(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && e.Name() == "testdata" {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		files++
		for _, fault := range impurities(file) {
			t.Errorf("%s %s", path, fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("looked at %d files: the walk does not find the package", files)
	}
}

func TestImpuritiesAreFound(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"banned package", `import "net/http"; var _ = http.StatusOK`, "imports net/http"},
		{"unlisted package", `import "strings"; var _ = strings.ToLower`, "not in the list"},
		{"another package of the module", `import "github.com/downlink-go/downlink/storage"`, "not in the list"},
		{"clock", `import "time"; func f() { _ = time.Now() }`, "uses time.Now"},
		{"clock as a value", `import "time"; var clock = time.Since`, "uses time.Since"},
		{"clock under another name", `import t "time"; var clock = t.Now`, "uses time.Now"},
		{"waiting", `import "time"; func f() { time.Sleep(1) }`, "uses time.Sleep"},
		{"dot import", `import . "time"; var clock = Now`, "with a dot"},
		{"linkname", "import _ \"unsafe\"\n//go:linkname now time.now\nfunc now() int64", "go:linkname"},
		{"method called After", `import "time"; func f(a, b time.Time) bool { return a.After(b) }`, ""},
		{"subpackage", `import "github.com/downlink-go/downlink/core/link"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+c.source, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(impurities(file), "; ")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want a fault with %q", got, c.want)
			}
		})
	}
}
