package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/test/conformance"
	"github.com/downlink-go/downlink/test/server"
)

func TestMain(m *testing.M) { server.Main(m) }

func fixtures(t *testing.T) *conformance.Fixtures {
	t.Helper()
	f, err := conformance.LoadFixtures()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// folder writes the fixtures for a server: the files, and a data folder with the
// catalogue.
func folder(t *testing.T) (files, data string) {
	t.Helper()
	f := fixtures(t)
	files, data = t.TempDir(), t.TempDir()
	if err := f.WriteFiles(files); err != nil {
		t.Fatal(err)
	}
	items := filepath.Join(t.TempDir(), "items.jsonl")
	w, err := os.Create(items)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := f.WriteItems(w); err != nil {
		t.Fatal(err)
	}
	server.Run(t, "import", items, "--data", data)
	return files, data
}

func TestCore(t *testing.T) {
	target, err := conformance.NewCore(fixtures(t))
	if err != nil {
		t.Fatal(err)
	}
	conformance.Run(t, target)
}

// TestGoServer plays the table against the server without a configuration, which has
// no view of its own for forms of files.
func TestGoServer(t *testing.T) {
	files, data := folder(t)
	p := server.Downlink(t, []string{files, "--data", data})
	conformance.Run(t, conformance.NewSocket("go", p.Addr).Without("coded"))
}

func TestGoServerConfigured(t *testing.T) {
	files, data := folder(t)
	conformance.Run(t, conformance.NewSocket("go", configured(t, fmt.Sprintf("[stores.files]\npath = %q\n", files), data)))
}

// configured is the address of a server with the views of the table over a store.
func configured(t *testing.T, store, data string) string {
	conf := filepath.Join(t.TempDir(), "downlink.toml")
	toml := "[server]\nlisten = \"127.0.0.1:0\"\n" + store +
		"[[views]]\npattern = \"/files/{path...}\"\nkind = \"storage\"\nstore = \"files\"\n" + codedView
	if err := os.WriteFile(conf, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	return server.Downlink(t, []string{"--config", conf, "--data", data}).Addr
}

// codedView is the view that sends forms of files.
const codedView = `[[views]]
pattern = "/coded/{path...}"
kind = "storage"
store = "files"
precompressed = ["br", "zstd", "gzip"]
`

func TestNginx(t *testing.T)    { throughFront(t, "nginx") }
func TestApache(t *testing.T)   { throughFront(t, "apache") }
func TestLighttpd(t *testing.T) { throughFront(t, "lighttpd") }
func TestCaddy(t *testing.T)    { throughFront(t, "caddy") }

// throughFront plays the table through a front server as `downlink front`
// configures it.
func throughFront(t *testing.T, name string) {
	server.NeedFront(t, name)
	files, data := folder(t)
	front, _ := server.Behind(t, name, files, data, codedView)
	conformance.Run(t, conformance.NewSocket(name, front.Addr))
}
