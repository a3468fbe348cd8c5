package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/test/server"
)

// TestC4_AddIsKilled: add is killed again and again, and goes on each time. In the end
// each content has one item, and its file is whole. What is left beside them are parts,
// which no store gives out, and which are gone a day later.
func TestC4_AddIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, store := filepath.Join(dir, "from"), filepath.Join(dir, "store")
	random := rand.NewChaCha8([32]byte{1})
	const files = 150
	for i := range files {
		data := make([]byte, 200_000)
		random.Read(data)
		name := filepath.Join(from, fmt.Sprint("folder", i%7), fmt.Sprint("File ", i, ".bin"))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err == nil {
			err = os.WriteFile(name, data, 0o644)
			if i%10 == 0 && err == nil { // the same again
				err = os.WriteFile(strings.TrimSuffix(name, ".bin")+" copy.bin", data, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	config := filepath.Join(dir, "downlink.toml")
	text := fmt.Sprintf("[server]\ndata = %q\n[stores.files]\npath = %q\n", filepath.Join(dir, "data"), store)
	if err := os.Mkdir(store, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"add", from, "--config", config, "--recursive", "--publish", "--category", "A/B"}
	kills := 0
	for range 40 {
		cmd := exec.Command(server.Program(t), args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		end := time.AfterFunc(time.Duration(20+rand.IntN(150))*time.Millisecond, func() { cmd.Process.Kill() })
		if err := cmd.Wait(); err != nil {
			kills++
		}
		end.Stop()
	}
	out := server.Run(t, args...)
	t.Logf("%d kills, then %s", kills, out)
	if again := server.Run(t, args...); kills == 0 || !strings.HasPrefix(again, fmt.Sprintf("0 added, 0 published, 0 changed, %d known already, 0 failed", files+files/10)) {
		t.Errorf("%d kills; at last add says %s", kills, again)
	}
	if n := strings.Count(server.Run(t, "export", "--config", config), "\n"); n != files {
		t.Errorf("%d items, want %d", n, files)
	}
	wantStored(t, from, store, files)
	parts := allParts(t, store)
	if len(parts) == 0 {
		t.Fatal("no process was killed as it wrote a file")
	}
	for i, name := range parts {
		if i > 0 { // the first one is young
			old := time.Now().Add(-25 * time.Hour)
			if err := os.Chtimes(name, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	server.Run(t, args...)
	if left := allParts(t, store); !slices.Equal(left, parts[:1]) {
		t.Errorf("of %d parts, all but the first old, %q are left", len(parts), left)
	}
}

// wantStored compares the contents of two folders.
func wantStored(t *testing.T, from, store string, want int) {
	t.Helper()
	contents := map[string]bool{}
	for _, name := range allFiles(t, from) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		contents[string(data)] = true
	}
	stored := allFiles(t, store)
	for _, name := range stored {
		data, err := os.ReadFile(name)
		if err != nil || !contents[string(data)] {
			t.Errorf("%s is no file that was added, %v", name, err)
		}
		delete(contents, string(data))
	}
	if len(stored) != want || len(contents) != 0 {
		t.Errorf("%d files are stored, %d are missing; want %d", len(stored), len(contents), want)
	}
}

func allFiles(t *testing.T, dir string) []string { return filesThat(t, dir, false) }

func allParts(t *testing.T, dir string) []string { return filesThat(t, dir, true) }

// filesThat are the files below a folder that are parts or are not.
func filesThat(t *testing.T, dir string, areParts bool) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasPrefix(d.Name(), ".downlink-part-") == areParts {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
