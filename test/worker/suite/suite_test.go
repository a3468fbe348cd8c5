//go:build js && wasm

// Package suite plays the suites of the drivers inside a Worker: its test binary is
// a module that workerd runs. TestR4_Drivers of the package above does that.
package suite

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/syumai/workers/cloudflare"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/catalogtest"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/internal/promise"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/r2store"
	"github.com/downlink-go/downlink/storage/storagetest"
)

func TestD1(t *testing.T) {
	catalogtest.Run(t, database)
	catalogtest.RunDeleter(t, database)
	catalogtest.RunLister(t, database, func(t *testing.T, _ catalog.Driver, slug string, n int64) {
		execute(t, fmt.Sprintf("INSERT INTO totals (slug, rank) VALUES ('%[1]s', -%[2]d) ON CONFLICT (slug) DO UPDATE SET rank = -%[2]d", slug, n))
	})
	catalogtest.RunCategorizer(t, database)
	catalogtest.RunEditedWhileMoved(t, database)
}

// database is an empty catalogue in D1.
func database(t *testing.T) catalog.Driver {
	for _, table := range []string{"files", "items", "places", "tallies", "categories", "totals"} {
		execute(t, "DELETE FROM "+table)
	}
	d, err := sqlcat.OpenD1("DB")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func execute(t *testing.T, statement string) {
	t.Helper()
	if _, err := promise.Call(cloudflare.GetBinding("DB").Call("prepare", statement), "run"); err != nil {
		t.Fatal(err)
	}
}

func TestD1NotBound(t *testing.T) {
	if _, err := sqlcat.OpenD1("NONE"); err == nil {
		t.Error("opened what is not bound")
	}
}

func TestR2(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{
		New: func(t *testing.T) (storage.Driver, storagetest.Put) {
			empty(t)
			return bucket(t), put
		},
		Holds:   func(key string) bool { return utf8.ValidString(key) && len(key) <= 1024 },
		OwnTime: true,
	})
}

func bucket(t *testing.T) *r2store.Store {
	t.Helper()
	s, err := r2store.Open("FILES")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// empty takes all objects out of the bucket.
func empty(t *testing.T) {
	t.Helper()
	err := bucket(t).List(context.Background(), "", func(e storage.Entry) bool {
		if _, err := promise.Call(cloudflare.GetBinding("FILES"), "delete", e.Key); err != nil {
			t.Fatal(err)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
}

func put(key string, data []byte, _ time.Time) error {
	_, err := promise.Call(cloudflare.GetBinding("FILES"), "put", key, promise.Bytes(data))
	return err
}

// R2 gives at most a thousand objects at a time, and what they say of themselves.
func TestR2ListGoesOn(t *testing.T) {
	empty(t)
	const all = 1005
	for i := range all {
		if err := put(fmt.Sprintf("many/%04d", i), nil, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := put("other", nil, time.Time{}); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := bucket(t).List(context.Background(), "many/", func(e storage.Entry) bool {
		if want := fmt.Sprintf("many/%04d", n); e.Key != want {
			t.Errorf("got %q at %d, want %q", e.Key, n, want)
		}
		n++
		return true
	})
	if err != nil || n != all {
		t.Errorf("got %d objects, %v; want %d", n, err, all)
	}
}

func TestR2Metadata(t *testing.T) {
	_, err := promise.Call(cloudflare.GetBinding("FILES"), "put", "typed", "x", map[string]any{
		"httpMetadata": map[string]any{"contentType": "text/csv", "contentEncoding": "gzip"},
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := bucket(t).Stat(context.Background(), "typed")
	if err != nil || m.MediaType != "text/csv" || m.Encoding != "gzip" || m.Size != 1 || m.ETag != `"9dd4e461268c8034f5c8564e155c67a6"` {
		t.Errorf("got %+v, %v", m, err)
	}
	if time.Since(m.LastModified).Abs() > time.Hour {
		t.Errorf("last modified %v, want now", m.LastModified)
	}
}

// A key that R2 cannot hold must not lead to another's object.
func TestR2KeysOfOtherBytes(t *testing.T) {
	if err := put("a\ufffd.txt", []byte("secret"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if m, err := bucket(t).Stat(context.Background(), "a\xff.txt"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("got %+v, %v; want ErrNotFound", m, err)
	}
}

func TestR2NotBound(t *testing.T) {
	if _, err := r2store.Open("NONE"); err == nil {
		t.Error("opened what is not bound")
	}
}
