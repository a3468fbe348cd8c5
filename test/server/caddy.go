package server

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/test/need"
)

// Caddy runs Caddy with a site block for addr until the test ends.
func Caddy(t testing.TB, addr, block string) *Process {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(CaddyProgram(t), "run", "--adapter", "caddyfile", "--config", CaddyConf(t, dir, block))
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir, "HOME="+dir)
	return Launch(t, addr, "Caddy", cmd)
}

// CaddyConf writes a Caddyfile with the site block.
func CaddyConf(t testing.TB, dir, block string) string {
	t.Helper()
	conf := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(conf, []byte("{\n\tadmin off\n\tauto_https off\n}\n"+block), 0o600); err != nil {
		t.Fatal(err)
	}
	return conf
}

// CaddyProgram is the path of Caddy.
func CaddyProgram(t testing.TB) string { t.Helper(); return need.Command(t, "caddy") }
