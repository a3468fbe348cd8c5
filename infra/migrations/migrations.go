// Package migrations is the schema of the catalogue, one step a file. The same
// files are applied by Downlink itself (goose) and by
// `wrangler d1 migrations apply`, which runs a file whole. So a file has no Down
// section, no statement that only one of SQLite, D1 and PostgreSQL knows, and
// never changes once released: a new step is a new file with the next number.
package migrations

import (
	"embed"
	"strconv"
	"strings"
)

// Files holds the steps, "00001_items.sql" and so on.
//
//go:embed *.sql
var Files embed.FS

// Latest is the number of the last step.
func Latest() (int, error) {
	entries, err := Files.ReadDir(".")
	if err != nil {
		return 0, err
	}
	number, _, _ := strings.Cut(entries[len(entries)-1].Name(), "_")
	return strconv.Atoi(number)
}
