package worker_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/server"
	"github.com/downlink-go/downlink/test/worker"
)

// The secret of signed links, as the server's environment and the Worker have it.
const linkName, linkSecret = "DOWNLINK_TEST_LINK_KEY", "0123456789abcdef0123456789abcdef"

func TestMain(m *testing.M) {
	os.Setenv(linkName, linkSecret)
	server.Main(m)
}

// both is one file for a machine and for Workers.
const both = `[stores.files]
path = "files"
[stores.files.workers]
driver = "r2"
binding = "FILES"

[catalog.workers]
driver = "d1"
binding = "DB"

[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
path = "public/{path}"
cache_control = "public, max-age=60"
list = true

[[views]]
pattern = "/local/{path...}"
kind = "path"
root = "files"
platforms = ["server"]

[[views]]
pattern = "/shown/{path...}"
kind = "storage"
store = "files"
attachment = false
basename = "shown.txt"

[[views]]
pattern = "/{path...}"
kind = "storage"
store = "files"
path = "elsewhere/{path}"

[[views]]
pattern = "/private/{path...}"
kind = "storage"
store = "files"
path = "public/{path}"
link = "required"

[[links.keys]]
id = "k"
secret_env = "` + linkName + `"
`

// TestR5_SameFileSameAnswers: `downlink serve` and the Worker that is built from the same
// file answer alike.
func TestR5_SameFileSameAnswers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "files", "public"), 0o700); err != nil {
		t.Fatal(err)
	}
	const content = "the same everywhere"
	items := `{"slug":"one","title":"Ünë","name":"Ünë.txt","key":"public/a b.txt","category":"A/B","media_type":"text/csv"}` + "\n" +
		`{"slug":"hidden","key":"public/a b.txt","visible":false}` + "\n"
	for name, text := range map[string]string{"downlink.toml": both, "files/public/a b.txt": content, "items.jsonl": items} {
		worker.Write(t, dir, name, text)
	}
	file, data := filepath.Join(dir, "downlink.toml"), filepath.Join(dir, "data")
	server.Run(t, "import", filepath.Join(dir, "items.jsonl"), "--config", file, "--data", data)
	machine := "http://" + server.Downlink(t, []string{"--config", file, "--data", data, "--listen", "127.0.0.1:0"}).Addr

	run(t, "go", "run", "./cmd/downlink-worker/build", "-config", file, "-out", filepath.Join(dir, "out"), "-wrangler", "wrangler.toml")
	w := worker.Run(t, worker.Setup{Dir: filepath.Join(dir, "out"), Entry: "worker.mjs", Bindings: map[string]string{linkName: linkSecret}})
	w.Put("public/a b.txt", []byte(content), nil)
	statements := server.Run(t, "import", filepath.Join(dir, "items.jsonl"), "--config", file, "--sql")
	for line := range strings.Lines(statements) {
		w.Query(strings.TrimSuffix(line, ";\n"))
	}

	signed := strings.TrimSpace(server.Run(t, "sign", "https://example.org/private/a%20b.txt", "--config", file, "--expires", "1h", "--name", "signed.txt"))
	signed = strings.TrimPrefix(signed, "https://example.org")

	there := &worker.Worker{URL: machine + "/"}
	edge := &worker.Worker{URL: "http://" + w.Addr + "/"} // Miniflare compresses
	for _, row := range []struct {
		method, path string
		fields       []string
		want         int
	}{
		{"GET", "/files/a%20b.txt", nil, 200},
		{"HEAD", "/files/a%20b.txt", nil, 200},
		{"GET", "/files/a%20b.txt", []string{"Range", "bytes=4-7"}, 206},
		{"GET", "/files/a%20b.txt", []string{"Range", "bytes=99-"}, 416},
		{"GET", "/files/a%20b.txt", []string{"If-None-Match", "*"}, 304},
		{"GET", "/shown/public/a%20b.txt", nil, 200},
		{"GET", "/d/one", nil, 200},
		{"GET", "/d/hidden", nil, 200},
		{"GET", "/d/none", nil, 404},
		{"POST", "/d/one", nil, 405},
		{"GET", "/files/%2e%2e/a.txt", nil, 404},
		{"GET", "/files/a%2fb", nil, 404},
		{"GET", "/nowhere", nil, 404},
		{"GET", "/private/a%20b.txt", nil, 403},
		{"GET", signed, nil, 200},
		{"GET", signed + "x", nil, 403},
		{"GET", "/healthz", nil, 200},
		{"POST", "/healthz", nil, 405},
	} {
		here, body := ask(t, edge, row.method, row.path, row.fields...)
		other, otherBody := ask(t, there, row.method, row.path, row.fields...)
		if here.StatusCode != row.want || other.StatusCode != row.want || body != otherBody {
			t.Errorf("%s %s: %d %q in the Worker, %d %q on the server, want %d", row.method, row.path, here.StatusCode, body, other.StatusCode, otherBody, row.want)
		}
		for name, value := range fieldsOf(other.Header) {
			if got := here.Header.Get(name); got != value {
				t.Errorf("%s %s %v: %s: %q in the Worker, %q on the server", row.method, row.path, row.fields, name, got, value)
			}
		}
	}
	for _, at := range []*worker.Worker{edge, there} { // a view of the whole site is not in the way
		if _, index := ask(t, at, "GET", "/index.json"); !strings.HasPrefix(index, `{"categories":[{"path":["A"],"title":"A","items":`) {
			t.Errorf("the index at %s is %s", at.URL, index)
		}
	}
	for _, text := range []string{"Ünë", "/d/one", "/files/a%20b.txt"} {
		for _, at := range []*worker.Worker{edge, there} {
			if _, page := ask(t, at, "GET", "/"); !strings.Contains(page, text) || strings.Contains(page, "hidden") {
				t.Errorf("the page at %s lacks %q, or has what is unlisted:\n%s", at.URL, text, page)
			}
		}
	}
	if local, _ := ask(t, there, "GET", "/local/public/a%20b.txt"); local.StatusCode != 200 {
		t.Errorf("a view for the server only: %d there", local.StatusCode)
	}
	if local, _ := ask(t, edge, "GET", "/local/public/a%20b.txt"); local.StatusCode != 404 {
		t.Errorf("a view for the server only: %d in the Worker", local.StatusCode)
	}
}

// fieldsOf are the fields that both must send alike: validators are of the store.
func fieldsOf(h http.Header) map[string]string {
	all := map[string]string{}
	for name := range h {
		switch name {
		case "Date", "Etag", "Last-Modified", "X-Request-Id":
		default:
			all[name] = h.Get(name)
		}
	}
	return all
}
