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

// Page reads one page of places, and the items at them.
func (t *tables) Page(ctx context.Context, q catalog.Query) (p catalog.Page, err error) {
	at, err := readCursor(&q)
	if err != nil {
		return p, err
	}
	l := listingOf(&q)
	found, total, err := t.read(ctx, l.by(q.Order), at, q.Limit+1)
	if err != nil {
		return p, failed(ctx, err)
	}
	if total > few || len(found) == 0 && at.args != nil { // perhaps there are more than few, and those lie the other way
		if found, total, err = t.read(ctx, l.byIndex(q.Order), at, q.Limit+1); err != nil {
			return p, failed(ctx, err)
		}
	}
	p = cut(found, at, q.Limit)
	switch {
	case total > 0:
		p.Total = total
	case p.Next == "" && q.After == "":
		p.Total = int64(len(p.Items))
	case q.Order == catalog.ByTitle && l.searches && q.After == "": // these, and what the rest of the index has
		last := found[q.Limit]
		l.where, l.args = l.where+" AND (sort, slug) > (?, ?)", append(l.args, last.key, last.Slug)
		p.Total, err = t.total(ctx, &l)
		p.Total += int64(len(found))
	default:
		p.Total, err = t.total(ctx, &l)
	}
	return p, err
}

// cut makes a page of what was read from a position on: there may be one more than the
// page has, at the far end.
func cut(found []placed, at position, limit int) (p catalog.Page) {
	more := len(found) > limit
	switch {
	case more && at.back:
		found = found[1:]
	case more:
		found = found[:limit]
	}
	for i := range found {
		p.Items = append(p.Items, found[i].Listed)
	}
	n := len(found)
	if n > 0 && (more || at.back) {
		p.Next = found[n-1].cursor(false)
	}
	if n > 0 && (more && at.back || at.args != nil && !at.back) {
		p.Previous = found[0].cursor(true)
	}
	return p
}

// listing is the places that a query asks for: the condition, of tallies too unless it
// searches.
type listing struct {
	category string
	where    string
	args     []any
	searches bool
}

func listingOf(q *catalog.Query) listing {
	l := listing{category: q.Category, where: "category = ?", args: []any{q.Category}}
	if !q.Now.IsZero() {
		now := q.Now.UnixMilli()
		l.where, l.args = l.where+listedNow, append(l.args, now, now)
	}
	for _, word := range q.Words() {
		l.where, l.args, l.searches = l.where+" AND instr(sort, ?) > 0", append(l.args, word), true
	}
	return l
}

const listedNow = " AND since <= ? AND until > ?"

// total is how many items a listing has.
func (t *tables) total(ctx context.Context, l *listing) (int64, error) {
	if l.searches {
		return t.number(ctx, "SELECT COUNT(*) FROM places WHERE "+l.where, l.args...)
	}
	return t.number(ctx, "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM tallies WHERE "+l.where, l.args...)
}

// sorted is what a page is read from: columns of it go upwards, key and then slug. total
// is how many there are, 0 if nobody counts.
type sorted struct {
	from, where      string
	slug, key, total string
	args             []any
}

// byIndex reads a listing in the order of an index until there are enough. CROSS JOIN has
// SQLite begin with what stands before it.
func (l *listing) byIndex(o catalog.Order) sorted {
	if o == catalog.ByDownloads {
		return sorted{"(SELECT slug AS ranked, rank FROM totals) AS r CROSS JOIN places", l.where + " AND slug = ranked", "ranked", "rank", "0", l.args}
	}
	return sorted{"places", l.where, "slug", keys[o], "0", l.args}
}

// keys are the columns of orders.
var keys = [...]string{catalog.ByTitle: "sort", catalog.ByNew: "age", catalog.ByDownloads: "rank"}

// few is how many places are found and then sorted.
const few = 500

// by reads a listing in an order. A search goes through the index by title, which alone
// has what it looks at; and of a small category the most downloaded are not soon found
// among those of all: both find all that there are, and one more than few if those are
// more. Then byIndex finds the first ones sooner.
func (l *listing) by(o catalog.Order) sorted {
	if o == catalog.ByTitle || o == catalog.ByNew && !l.searches {
		return l.byIndex(o)
	}
	args, found := l.args, "(SELECT slug AS found FROM places WHERE "+l.where+" LIMIT "+strconv.Itoa(few+1)+") AS f CROSS JOIN "
	if o == catalog.ByDownloads {
		found += "totals WHERE slug = found"
	} else {
		found += "places WHERE slug = found AND category = ?"
		args = append(slices.Clip(args), l.category)
	}
	return sorted{"(SELECT slug, " + keys[o] + " AS key, COUNT(*) OVER () AS total FROM " + found + ") AS s", "1 = 1", "slug", "key", "total", args}
}

// placed is an item and by what it is sorted in a list.
type placed struct {
	catalog.Listed
	key string
}

// read reads so many items in order, from a position on.
func (t *tables) read(ctx context.Context, s sorted, at position, limit int) (found []placed, total int64, err error) {
	compare, order := ">", ""
	if at.back {
		compare, order = "<", " DESC"
	}
	if at.args != nil {
		s.where += fmt.Sprintf(" AND (%s, %s) %s (?, ?)", s.key, s.slug, compare)
	}
	text := fmt.Sprintf("SELECT CAST(p.key AS TEXT), p.total, -t.rank, "+columns+
		" FROM (SELECT %[1]s AS slug, %[2]s AS key, %[3]s AS total FROM %[4]s WHERE %[5]s ORDER BY %[2]s%[6]s, %[1]s%[6]s LIMIT ?) p"+
		" JOIN totals t ON t.slug = p.slug JOIN items i ON i.slug = p.slug"+withFiles+" ORDER BY p.key, p.slug, f.place",
		s.slug, s.key, s.total, s.from, s.where, order)
	rows, err := t.on.query(ctx, text, slices.Concat(s.args, at.args, []any{int64(limit)})...)
	if err != nil {
		return nil, 0, err
	}
	var one placed
	items, err := collect(rows, func() { found = append(found, one) }, &one.key, &total, &one.Downloads)
	for i := range items {
		found[i].Item = items[i]
	}
	return found, total, err
}

// cursor says where a page begins after an item or, back, ends before it: the item's
// slug and what it is sorted by.
func (p *placed) cursor(back bool) string {
	way := ">"
	if back {
		way = "<"
	}
	return base64.RawURLEncoding.EncodeToString([]byte(way + p.Slug + "\x00" + p.key))
}

// position is where a page begins or ends: after the key and slug in args, if any, or
// before them.
type position struct {
	back bool
	args []any
}

// readCursor reads where the page of a query is.
func readCursor(q *catalog.Query) (position, error) {
	if q.After == "" {
		return position{}, nil
	}
	lost := fmt.Errorf("no page begins after %.80q: %w", q.After, catalog.ErrNotFound)
	text, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil || len(text) == 0 || text[0] != '<' && text[0] != '>' {
		return position{}, lost
	}
	slug, key, ok := strings.Cut(string(text[1:]), "\x00")
	if !ok || catalog.CheckSlug(slug) != nil || !utf8.ValidString(key) {
		return position{}, lost
	}
	at := position{text[0] == '<', []any{key, slug}}
	if q.Order != catalog.ByTitle {
		if at.args[0], err = strconv.ParseInt(key, 10, 64); err != nil {
			return position{}, lost
		}
	}
	return at, nil
}

// Categories are all categories, with their items from the tallies.
func (t *tables) Categories(ctx context.Context, now time.Time) ([]catalog.CategoryCount, error) {
	where, args := "", []any{}
	if !now.IsZero() {
		where, args = listedNow, []any{now.UnixMilli(), now.UnixMilli()}
	}
	var all []catalog.CategoryCount
	err := t.Rows(ctx, "SELECT path, title, position, CAST(COALESCE((SELECT SUM(n) FROM tallies WHERE category = path"+
		where+"), 0) AS BIGINT) FROM categories ORDER BY path", args, func(scan func(...any) error) error {
		var c catalog.CategoryCount
		err := scan(&c.Path, &c.Title, &c.Position, &c.Items)
		all = append(all, c)
		return err
	})
	return all, err
}
