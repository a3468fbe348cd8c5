package dirstore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

// BenchmarkOpen and BenchmarkStat set the store beside the bare calls of
// package os: what confinement costs, at the root and three levels down.
func BenchmarkOpen(b *testing.B) {
	for _, key := range []string{"a", "x/y/z/a"} {
		store, path := benchStore(b, key)
		b.Run("store/"+key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				o, err := store.Open(b.Context(), key)
				if err != nil {
					b.Fatal(err)
				}
				o.Close()
			}
		})
		b.Run("os/"+key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, err := os.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := f.Stat(); err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

func BenchmarkStat(b *testing.B) {
	for _, key := range []string{"a", "x/y/z/a"} {
		store, path := benchStore(b, key)
		b.Run("store/"+key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := store.Stat(b.Context(), key); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("os/"+key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := os.Stat(path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchStore(b *testing.B, key string) (storage.Driver, string) {
	b.Helper()
	dir := b.TempDir()
	store, err := dirstore.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	path := filepath.Join(dir, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("bytes"), 0o644); err != nil {
		b.Fatal(err)
	}
	return store, path
}
