package sqlcat

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/downlink-go/downlink/catalog"
)

// listing is what a list is read from, and its column to sort by.
type listing struct{ from, key string }

// lists are what a list is read from, one after the other. Those who were never
// downloaded come after all others; as long as there are others, nobody looks for them.
var lists = [...][]listing{
	catalog.ByTitle: {{"places", "sort"}},
	catalog.ByNew:   {{"places", "age"}},
	catalog.ByDownloads: {
		{"(SELECT p.*, -c.n AS rank FROM (SELECT slug, CAST(SUM(n) AS BIGINT) AS n FROM counts GROUP BY slug) c" +
			" JOIN places p ON p.slug = c.slug WHERE c.n > 0)", "rank"},
		{"(SELECT p.* FROM places p WHERE NOT EXISTS (SELECT 1 FROM counts c WHERE c.slug = p.slug AND c.n > 0))", "slug"},
	},
}

const downloads = "COALESCE((SELECT CAST(SUM(c.n) AS BIGINT) FROM counts c WHERE c.slug = p.slug), 0)"

// Page reads one page of places, and the items at them.
func (t *tables) Page(ctx context.Context, q catalog.Query) (catalog.Page, error) {
	after, err := readCursor(&q)
	if err != nil {
		return catalog.Page{}, err
	}
	where, args := condition(&q)
	var found []placed
	for i, l := range lists[q.Order] {
		if i < after.list || len(found) > q.Limit {
			continue
		}
		if i > after.list {
			after.args = nil
		}
		more, err := t.read(ctx, l, where, args, after.args, q.Limit+1-len(found))
		if err != nil {
			return catalog.Page{}, failed(ctx, err)
		}
		for j := range more {
			more[j].list = i
		}
		found = append(found, more...)
	}
	var p catalog.Page
	for i := range min(len(found), q.Limit) {
		p.Items = append(p.Items, found[i].Listed)
	}
	if len(found) > q.Limit {
		p.Next = found[q.Limit-1].cursor()
	}
	if p.Next == "" && q.After == "" {
		p.Total = int64(len(p.Items))
		return p, nil
	}
	p.Total, err = t.total(ctx, &q, where, args)
	return p, err
}

// placed is an item and where it is: in which list, and by what it is sorted there.
type placed struct {
	catalog.Listed
	list int
	key  string
}

// read reads items of a list, after one of them if there are args for it.
func (t *tables) read(ctx context.Context, l listing, where string, args, after []any, limit int) ([]placed, error) {
	if after != nil {
		where += fmt.Sprintf(" AND (%s, slug) > (?, ?)", l.key)
	}
	text := "SELECT CAST(p.rank AS TEXT), " + downloads + ", " + columns +
		fmt.Sprintf(" FROM (SELECT slug, %[2]s AS rank FROM %[1]s AS x WHERE %[3]s ORDER BY %[2]s, slug LIMIT ?) p", l.from, l.key, where) +
		" JOIN items i ON i.slug = p.slug" + withFiles + " ORDER BY p.rank, p.slug, f.place"
	rows, err := t.on.query(ctx, text, slices.Concat(args, after, []any{int64(limit)})...)
	if err != nil {
		return nil, err
	}
	var at placed
	var found []placed
	items, err := collect(rows, func() { found = append(found, at) }, &at.key, &at.Downloads)
	for i := range items {
		found[i].Item = items[i]
	}
	return found, err
}

// condition is the one of the places that a query asks for.
func condition(q *catalog.Query) (where string, args []any) {
	where, args = "category = ?", []any{q.Category}
	if !q.Now.IsZero() {
		now := q.Now.UnixMilli()
		where, args = where+listedNow, append(args, now, now)
	}
	for _, word := range q.Words() {
		where, args = where+" AND instr(sort, ?) > 0", append(args, word)
	}
	return where, args
}

const listedNow = " AND since <= ? AND until > ?"

// total is how many items a query finds.
func (t *tables) total(ctx context.Context, q *catalog.Query, where string, args []any) (int64, error) {
	if len(q.Words()) == 0 { // as the tallies say
		return t.number(ctx, "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM tallies WHERE "+where, args...)
	}
	return t.number(ctx, "SELECT COUNT(*) FROM places WHERE "+where, args...)
}

// cursor says where a page ends: the list, the slug and what it is sorted by.
func (p *placed) cursor() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d%s\x00%s", p.list, p.Slug, p.key))
}

// position is where a page begins: in a list, after the item that args are of.
type position struct {
	list int
	args []any
}

// readCursor reads where a page begins.
func readCursor(q *catalog.Query) (position, error) {
	if q.After == "" {
		return position{}, nil
	}
	lost := fmt.Errorf("no page begins after %.80q: %w", q.After, catalog.ErrNotFound)
	text, err := base64.RawURLEncoding.DecodeString(q.After)
	slug, key, ok := strings.Cut(string(text), "\x00")
	if err != nil || !ok || len(slug) < 2 || catalog.CheckSlug(slug[1:]) != nil || !utf8.ValidString(key) {
		return position{}, lost
	}
	at := position{list: int(slug[0] - '0'), args: []any{key, slug[1:]}}
	if at.list >= len(lists[q.Order]) {
		return position{}, lost
	}
	if column := lists[q.Order][at.list].key; column == "age" || column == "rank" {
		n, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			return position{}, lost
		}
		at.args[0] = n
	}
	return at, nil
}

// Categories are all categories, with their items from the tallies.
func (t *tables) Categories(ctx context.Context, now time.Time) ([]catalog.CategoryCount, error) {
	where, args := "", []any{}
	if !now.IsZero() {
		where, args = listedNow, []any{now.UnixMilli(), now.UnixMilli()}
	}
	rows, err := t.on.query(ctx, "SELECT path, title, position, CAST(COALESCE((SELECT SUM(n) FROM tallies WHERE category = path"+
		where+"), 0) AS BIGINT) FROM categories ORDER BY path", args...)
	if err != nil {
		return nil, failed(ctx, err)
	}
	defer rows.Close()
	var all []catalog.CategoryCount
	for rows.Next() {
		var c catalog.CategoryCount
		if err := rows.Scan(&c.Path, &c.Title, &c.Position, &c.Items); err != nil {
			return nil, failed(ctx, err)
		}
		all = append(all, c)
	}
	if err := rows.Err(); err != nil {
		return nil, failed(ctx, err)
	}
	return all, nil
}
