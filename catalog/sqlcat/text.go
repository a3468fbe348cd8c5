package sqlcat

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/downlink-go/downlink/catalog"
)

// maxStatement is the longest statement that D1 takes, in bytes (Cloudflare's
// limits of D1 of November 2026).
const maxStatement = 100_000

// WriteSQL writes statements that put the items, one a line, for a database that is
// not at hand: `wrangler d1 execute --file` runs them all or none. An item that is
// too long for a statement of D1 is an error, and nothing of it is written.
func WriteSQL(w io.Writer, items []catalog.Item) error {
	now := time.Now()
	for i := range items {
		for _, st := range puts(&items[i], now) {
			line := st.literal()
			if len(line) > maxStatement {
				return fmt.Errorf("item %q: %d bytes of SQL, and D1 takes at most %d in a statement: shorten its title and names", items[i].Slug, len(line), maxStatement)
			}
			if _, err := io.WriteString(w, line+";\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

// literal is the statement with its arguments written into it.
func (st statement) literal() string {
	parts := strings.Split(st.text, "?")
	var b strings.Builder
	for i, part := range parts {
		b.WriteString(part)
		if i < len(st.args) {
			b.WriteString(literal(st.args[i]))
		}
	}
	return b.String()
}

func literal(arg any) string {
	switch v := arg.(type) {
	case bool:
		if v {
			return "1"
		}
		return "0"
	case int64:
		return strconv.FormatInt(v, 10)
	case []byte:
		return fmt.Sprintf("X'%x'", v)
	case string:
		if plain(v) {
			return "'" + strings.ReplaceAll(v, "'", "''") + "'"
		}
		return fmt.Sprintf("CAST(X'%x' AS TEXT)", v)
	}
	panic(fmt.Sprintf("a %T is no argument of a statement", arg))
}

// plain reports whether a text can stand between quotes whatever splits the file
// into statements.
func plain(s string) bool {
	if !utf8.ValidString(s) || strings.Contains(s, "--") || strings.Contains(s, "/*") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsPrint(r) || r == ';' || r == '\\' || r == '"' || r == '`'
	})
}
