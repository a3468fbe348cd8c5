package sqlcat_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

func TestWritersForgetWhatNobodyAsksFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	count := func(writer string, at time.Time, awaited ...catalog.Awaited) {
		t.Helper()
		mustDo(t, s.Count(t.Context(), catalog.Batch{Writer: writer, Number: 1, Time: at, Awaited: awaited}))
	}
	await := func(id string, until time.Time) catalog.Awaited {
		return catalog.Awaited{ID: id, Item: "a", Until: until}
	}
	count("old", now.Add(-49*time.Hour), await("late-one", now.Add(-time.Second)), await("good-one", now))
	count("recent", now.Add(-47*time.Hour))
	count("new", now)

	db, err := sql.Open("sqlite", path)
	mustDo(t, err)
	defer db.Close()
	var writers, ids string
	mustDo(t, db.QueryRow("SELECT group_concat(id) FROM (SELECT id FROM writers ORDER BY id)").Scan(&writers))
	mustDo(t, db.QueryRow("SELECT group_concat(id) FROM awaited").Scan(&ids))
	mustDo(t, s.Count(t.Context(), catalog.Batch{Writer: "new", Number: 5001, Time: now.Add(time.Hour)}))
	var left int
	mustDo(t, db.QueryRow("SELECT count(*) FROM awaited").Scan(&left))
	if left != 0 {
		t.Errorf("%d are awaited an hour later by a writer that goes on", left)
	}
	if writers != "new,recent" || ids != "good-one" {
		t.Errorf("writers %s and awaited %s are left, want new,recent and good-one", writers, ids)
	}
}
