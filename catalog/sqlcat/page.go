package sqlcat

import (
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/downlink-go/downlink/catalog"
)

// ranked is places with the downloads of each, below 0.
const ranked = "(SELECT p.*, -COALESCE(c.n, 0) AS rank FROM places p" +
	" LEFT JOIN (SELECT slug, CAST(SUM(n) AS BIGINT) AS n FROM counts GROUP BY slug) c ON c.slug = p.slug)"

// orders are what a list is read from and its column to sort by.
var orders = [...]struct{ from, key string }{
	catalog.ByTitle:     {"places", "sort"},
	catalog.ByNew:       {"places", "age"},
	catalog.ByDownloads: {ranked, "rank"},
}

const downloads = "COALESCE((SELECT CAST(SUM(c.n) AS BIGINT) FROM counts c WHERE c.slug = p.slug), 0)"

// Page reads one page of places, and the items at them.
func (t *tables) Page(ctx context.Context, q catalog.Query) (catalog.Page, error) {
	where, args := condition(&q)
	total, err := t.total(ctx, &q, where, args)
	if err != nil {
		return catalog.Page{}, err
	}
	order := orders[q.Order]
	if q.After != "" {
		after, err := readCursor(q.Order, q.After)
		if err != nil {
			return catalog.Page{}, err
		}
		where, args = where+fmt.Sprintf(" AND (%s, slug) > (?, ?)", order.key), append(args, after...)
	}
	text := "SELECT CAST(p.rank AS TEXT), " + downloads + ", " + columns +
		fmt.Sprintf(" FROM (SELECT slug, %[2]s AS rank FROM %[1]s AS x WHERE %[3]s ORDER BY %[2]s, slug LIMIT ?) p", order.from, order.key, where) +
		" JOIN items i ON i.slug = p.slug" + withFiles + " ORDER BY p.rank, p.slug, f.place"
	rows, err := t.on.query(ctx, text, append(args, int64(q.Limit+1))...)
	if err != nil {
		return catalog.Page{}, failed(ctx, err)
	}
	p, err := readPage(rows, q.Limit)
	if err != nil {
		return catalog.Page{}, failed(ctx, err)
	}
	p.Total = total
	return p, nil
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

func readPage(rows *sql.Rows, limit int) (catalog.Page, error) {
	var key string
	var downloads int64
	var keys []string
	var counts []int64
	items, err := collect(rows, func() { keys, counts = append(keys, key), append(counts, downloads) }, &key, &downloads)
	if err != nil {
		return catalog.Page{}, err
	}
	p := catalog.Page{Items: make([]catalog.Listed, min(len(items), limit))}
	for i := range p.Items {
		p.Items[i] = catalog.Listed{Item: items[i], Downloads: counts[i]}
	}
	if len(items) > limit {
		p.Next = cursor(keys[limit-1], items[limit-1].Slug)
	}
	return p, nil
}

// cursor says where a page ends: the slug and what it was sorted by.
func cursor(key, slug string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(slug + "\x00" + key))
}

// readCursor gives the arguments of the condition that goes on after a cursor.
func readCursor(order catalog.Order, after string) ([]any, error) {
	text, err := base64.RawURLEncoding.DecodeString(after)
	slug, key, ok := strings.Cut(string(text), "\x00")
	if err != nil || !ok || catalog.CheckSlug(slug) != nil || !utf8.ValidString(key) {
		return nil, fmt.Errorf("no page begins after %.80q: %w", after, catalog.ErrNotFound)
	}
	if order == catalog.ByTitle {
		return []any{key, slug}, nil
	}
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("no page begins after %.80q: %w", after, catalog.ErrNotFound)
	}
	return []any{n, slug}, nil
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
