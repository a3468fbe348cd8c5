//go:build !js

package sqlcat_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
)

// nasty items are those whose text could be taken for SQL, or for the end of it.
var nasty = []catalog.Item{
	{
		Slug: "a", Title: "it's; DROP TABLE items; -- \\ \"x\" `y` /* 文 😀\r\n\t", Name: "\x00\xff';--\n", Store: "it's", Key: "caf\xe9/k'",
		Category: "A;B/C--D", Visible: true, Inline: true, MediaType: "text/plain", Encoding: "gzip", Charset: "utf-8",
		Modified: time.UnixMilli(1709210096789).UTC(), Size: 1 << 60, ETag: `W/"it's \ v1"`,
		Files: map[string]catalog.File{"thumb": {Store: "files", Key: "t", Name: "';"}, "1": {Store: "files", Key: "u"}},
	},
	{Slug: "b", Store: "files", Key: "k", Title: "Über ' ?"},
}

func TestC1_SQLPutsTheItems(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, path)
	put(t, s, catalog.Item{Slug: "a", Store: "old", Key: "old", Files: map[string]catalog.File{"old": {Store: "s", Key: "k"}}})
	var text strings.Builder
	if err := sqlcat.WriteSQL(&text, nasty); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for line := range strings.Lines(text.String()) {
		if _, err := db.Exec(line); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
	}
	for _, want := range nasty {
		if got, err := s.Item(context.Background(), want.Slug); err != nil || !got.Equal(want) {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
	if !strings.Contains(text.String(), "'Über '' ?'") {
		t.Errorf("plain text is not readable:\n%s", text.String())
	}
}

func TestC1_SQLTooLongForD1(t *testing.T) {
	var text strings.Builder
	it := catalog.Item{Slug: "long", Store: "files", Key: "k", Name: strings.Repeat("x", 60_000)}
	if err := sqlcat.WriteSQL(&text, []catalog.Item{it}); err == nil || !strings.Contains(err.Error(), `"long"`) || text.Len() > 0 {
		t.Errorf("got %v and %d bytes", err, text.Len())
	}
}
