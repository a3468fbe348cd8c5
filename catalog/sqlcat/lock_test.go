package sqlcat

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// lock runs statements on a connection of another program and keeps it open.
func lock(t *testing.T, path string, statements ...string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := conn.ExecContext(context.Background(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	release = func() { conn.Close(); db.Close() }
	t.Cleanup(release)
	return release
}

func store(t *testing.T, path string, wait time.Duration) *Store {
	t.Helper()
	s, err := open(path, wait)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var one = []catalog.Item{{Slug: "a", Store: "files", Key: "a.pdf"}}

// within fails the test if f takes longer than limit.
func within(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > limit {
		t.Errorf("took %v, want at most %v", took, limit)
	}
}

func TestWaitIsWhatTheSecurityTableAllows(t *testing.T) {
	if lockWait < time.Second || lockWait > 5*time.Second {
		t.Errorf("got %v, want 1 to 5 s", lockWait)
	}
}

func TestFileLockedByAnotherProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	release := lock(t, path, "CREATE TABLE x (y)", "BEGIN EXCLUSIVE")
	s := store(t, path, 50*time.Millisecond)
	within(t, 2*time.Second, func() {
		if _, err := s.Item(context.Background(), "a"); !errors.Is(err, catalog.ErrUnavailable) {
			t.Errorf("item: got %v, want ErrUnavailable", err)
		}
	})
	patient := store(t, path, 20*time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	within(t, 5*time.Second, func() {
		if _, err := patient.Item(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("item: got %v, want the deadline", err)
		}
	})
	release()
	if err := s.Put(context.Background(), one); err != nil {
		t.Errorf("put once it is free: %v", err)
	}
}

func TestAnotherProgramWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := store(t, path, 50*time.Millisecond)
	if err := s.Put(context.Background(), one); err != nil {
		t.Fatal(err)
	}
	release := lock(t, path, "BEGIN IMMEDIATE", "UPDATE items SET title = 'x'")
	if got, err := s.Item(context.Background(), "a"); err != nil || !got.Equal(one[0]) {
		t.Errorf("item: got %+v, %v; want what was before", got, err)
	}
	within(t, 2*time.Second, func() {
		if err := s.Put(context.Background(), one); !errors.Is(err, catalog.ErrUnavailable) {
			t.Errorf("put: got %v, want ErrUnavailable", err)
		}
	})
	patient := store(t, path, 20*time.Second)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	within(t, 5*time.Second, func() {
		if err := patient.Put(ctx, one); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("put: got %v, want the deadline", err)
		}
	})
	time.AfterFunc(100*time.Millisecond, release)
	within(t, 5*time.Second, func() {
		if err := patient.Put(context.Background(), one); err != nil {
			t.Errorf("put that waits: %v", err)
		}
	})
}

// A request in a hurry does not wait for one that has time.
func TestDeadlineWhileAnotherOpens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	release := lock(t, path, "CREATE TABLE x (y)", "BEGIN EXCLUSIVE")
	s := store(t, path, 20*time.Second)
	patient := make(chan error)
	go func() {
		_, err := s.Item(context.Background(), "a")
		patient <- err
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	within(t, 5*time.Second, func() {
		if _, err := s.Item(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
	})
	release()
	if err := <-patient; !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

// Puts of one process queue; the wait is only for other processes.
func TestPutsOfThisProcessTakeLongerThanTheWait(t *testing.T) {
	s := store(t, filepath.Join(t.TempDir(), "catalog.db"), time.Millisecond)
	items := make([]catalog.Item, 1000)
	for i := range items {
		items[i] = catalog.Item{Slug: fmt.Sprint(i), Store: "files", Key: "a.pdf"}
	}
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if err := s.Put(context.Background(), items); err != nil {
				t.Errorf("put: %v", err)
			}
		})
	}
	all.Wait()
}
