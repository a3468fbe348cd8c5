// Package layout_test holds the project to its own layout.
package layout_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/downlink-go/downlink/"

// allowed says which packages of this module a package may import. The longest
// prefix that fits it counts. Imports point one way: cmd → adapters, drivers,
// pages → download → storage, catalog → core.
var allowed = map[string][]string{
	"core":             {"core/link"},
	"core/link":        {},
	"storage":          {"core"},
	"storage/":         {"core", "storage"}, // a driver knows its parent only
	"storage/s3store":  {"core", "storage", "internal/awscall", "internal/awskeys"},
	"storage/r2store":  {"core", "storage", "internal/promise"},
	"catalog":          {"core"},
	"catalog/":         {"core", "catalog"},
	"catalog/sqlcat":   {"core", "catalog", "infra/migrations", "internal/promise"},
	"infra/migrations": {},
	"internal/awscall": {}, // for every driver that talks to AWS
	"internal/awskeys": {}, // likewise
	"internal/flight":  {},
	"internal/promise": {}, // JavaScript's, for what runs inside a Worker
	"internal/views":   {"core", "storage", "catalog", "generate/zipfile", "download", "page", "config"},
	"generate":         {"core", "storage", "storage/dirstore", "internal/flight"},
	"generate/overlay": {"core", "storage", "generate"},
	"generate/zipfile": {"core", "storage", "internal/flight"},
	"download":         {"core", "core/link", "storage", "storage/dirstore", "storage/httpstore", "catalog", "generate", "generate/zipfile"},
	"track":            {"core", "catalog", "download"},
	"track/accesslog":  {"catalog"},
	"metrics":          {"core", "track"},
	"page":             {"core", "storage", "catalog"},
	"front":            {},
	"config":           {"core", "storage/httpstore/origin", "core/link"},
	"adapters/":        {"core", "core/link", "download"},
	"adapters/workers": {"core", "adapters/workers/wire"},
	"admin":            {"core", "storage", "catalog", "doctor", "internal/flight"},
	"doctor":           {"core", "storage", "catalog", "download", "doctor/nginxconf"},
	"doctor/nginxconf": {},
	"demo":             {"core", "core/link", "storage", "storage/", "catalog", "catalog/sqlcat", "download", "generate", "generate/overlay", "front", "adapters/nethttp"},
	"downloadtest":     {"core", "storage", "storage/dirstore", "download", "adapters/nethttp"},
	"cmd/":             {"core", "core/link", "storage", "storage/", "catalog", "catalog/", "generate", "generate/", "download", "track", "track/", "metrics", "page", "front", "config", "adapters/", "demo", "doctor", "admin", "internal/awscall", "internal/awskeys", "internal/views", "internal/building"},
	"test/":            {"core", "core/link", "storage", "storage/", "catalog", "catalog/", "generate", "generate/", "download", "track", "track/", "metrics", "page", "front", "config", "adapters/", "admin", "doctor", "doctor/", "downloadtest", "internal/promise", "test/"},

	"internal/building":        {}, // for the commands that build for a platform
	"catalog/dynamocat":        {"core", "catalog", "internal/awscall", "internal/awskeys"},
	"storage/httpstore":        {"core", "storage", "storage/httpstore/origin"},
	"storage/httpstore/origin": {},
}

func TestImportsPointOneWay(t *testing.T) {
	seen := 0
	for _, p := range append(packages(t), packages(t, "GOOS=js", "GOARCH=wasm")...) {
		path := strings.TrimPrefix(p.ImportPath, module)
		may, ok := rules(path)
		if !ok {
			t.Errorf("%s is a new room: say in this test what it may import", path)
		}
		for _, i := range p.Imports {
			imported, ours := strings.CutPrefix(i, module)
			if !ours {
				continue
			}
			seen++
			if !fits(imported, may) {
				t.Errorf("%s imports %s: it may import %v of this module", path, imported, may)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d imports found: the test looks at the wrong thing", seen)
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

// packages are those that are built in an environment.
func packages(t *testing.T, env ...string) (all []listed) {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...")
	list.Env = append(os.Environ(), env...)
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func rules(path string) (may []string, ok bool) {
	best := ""
	for prefix, list := range allowed {
		if covers(prefix, path) && len(prefix) >= len(best) {
			best, may, ok = prefix, list, true
		}
	}
	return may, ok
}

func fits(path string, list []string) bool {
	for _, prefix := range list {
		if covers(prefix, path) {
			return true
		}
	}
	return false
}

// covers reports whether an entry, a path or with a slash at its end everything
// below it, covers path.
func covers(entry, path string) bool {
	return entry == path || strings.HasSuffix(entry, "/") && strings.HasPrefix(path, entry)
}
