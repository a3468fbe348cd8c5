package main

import (
	"cmp"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/test/server"
)

// onPostgres serves a catalogue in a new database, with more lines of its table.
func onPostgres(t *testing.T, more string) (*running, *sql.DB) {
	t.Helper()
	p := server.StartPostgres(t)
	url := p.Database(t)
	t.Setenv("TEST_DATABASE", p.Secret(url, "sesame"))
	r := start(t, view+"[catalog]\ndriver = \"postgres\"\nurl = \"$TEST_DATABASE\"\n"+more)
	return r, p.Connect(t, url)
}

func postgresURL(t *testing.T) {
	r, db := onPostgres(t, "")
	if _, body := r.get("/d/item"); body != "hello" {
		t.Errorf("body %q", body)
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM items").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d items in the database, %v", n, err)
	}
	err := (&settings{config: filepath.Join(r.dir, "downlink.toml")}).withAccounts(func(a *admin.Accounts, _ string) error {
		_, err := a.Link(t.Context(), "ann", time.Now().Add(time.Hour))
		return err
	})
	if err := cmp.Or(err, db.QueryRow("SELECT count(*) FROM admin_links WHERE name = 'ann'").Scan(&n)); err != nil || n != 1 {
		t.Errorf("%d links of the admin in the database, %v", n, err)
	}
	if out := r.out.String() + r.log.String(); !strings.Contains(out, "of PostgreSQL") || strings.Contains(out, "sesame") {
		t.Errorf("serve says %s", out)
	}
}

// hold has readers of items wait until the test ends.
func hold(t *testing.T, db *sql.DB) {
	t.Helper()
	tx, err := db.Begin()
	if err == nil {
		_, err = tx.Exec("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback() })
}

func postgresConnections(t *testing.T) {
	for _, most := range []int{2, 6} {
		r, db := onPostgres(t, fmt.Sprintf("max_connections = %d\nlock_wait = \"1m\"\nstatement_wait = \"1m\"\n", most))
		r.get("/d/item")
		tx, err := db.Begin()
		if err == nil {
			_, err = tx.Exec("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
		}
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { r.get("/d/item") })
		}
		waiting := 0
		for deadline := time.Now().Add(20 * time.Second); waiting < most && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			if err := db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").Scan(&waiting); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(100 * time.Millisecond) // for one too many
		if err := db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").Scan(&waiting); err != nil || waiting != most {
			t.Errorf("%d connections wait, %v; want %d", waiting, err, most)
		}
		tx.Rollback()
		all.Wait()
	}
}

// postgresLimit tests that a request is answered once the limit is over, and not before.
func postgresLimit(name, reason, more string) func(t *testing.T) {
	return func(t *testing.T) {
		const limit = 500 * time.Millisecond
		r, db := onPostgres(t, fmt.Sprintf("%s = %q\n%s", name, limit, more))
		hold(t, db)
		begun := time.Now()
		resp, _ := r.get("/d/item")
		if took := time.Since(begun); resp.StatusCode != 503 || took < limit {
			t.Errorf("%s = %v: %d after %v", name, limit, resp.StatusCode, took)
		}
		for deadline := time.Now().Add(10 * time.Second); !strings.Contains(r.log.String(), reason); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the log does not tell of a %s: %s", reason, r.log.String())
			}
		}
	}
}
