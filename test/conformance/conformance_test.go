package conformance_test

import (
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

func TestGoServer(t *testing.T) {
	files, data := folder(t)
	p := server.Downlink(t, []string{files, "--data", data})
	conformance.Run(t, conformance.NewSocket("go", p.Addr))
}

func TestNginx(t *testing.T)    { throughFront(t, "nginx") }
func TestApache(t *testing.T)   { throughFront(t, "apache") }
func TestLighttpd(t *testing.T) { throughFront(t, "lighttpd") }
func TestCaddy(t *testing.T)    { throughFront(t, "caddy") }

// throughFront plays the table through a front server as `downlink front`
// configures it.
func throughFront(t *testing.T, name string) {
	server.NeedFront(t, name)
	files, data := folder(t)
	front, _ := server.Behind(t, name, files, data, "")
	conformance.Run(t, conformance.NewSocket(name, front.Addr))
}
