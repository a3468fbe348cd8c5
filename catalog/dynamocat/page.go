package dynamocat

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/downlink-go/downlink/catalog"
)

var _ catalog.Lister = (*Store)(nil)

// Page reads all items and keeps those of the page: DynamoDB has no index that could
// search, count and sort by what a query asks for, and 10,000 items are a few MB. What
// it keeps meanwhile is a page.
func (s *Store) Page(ctx context.Context, q catalog.Query) (p catalog.Page, err error) {
	l := listing{query: &q, words: q.Words()}
	if q.After != "" {
		if l.after, l.back, err = readCursor(q.Order, q.After); err != nil {
			return p, err
		}
	}
	if q.Order == catalog.ByDownloads {
		if l.downloads, err = s.downloads(ctx, nil); err != nil {
			return p, err
		}
	}
	if err := s.List(ctx, "", func(it catalog.Item) bool { l.see(&it); return true }); err != nil {
		return p, err
	}
	p.Total = l.total
	l.cut(&p)
	var slugs []string
	for i := range l.found {
		slugs = append(slugs, l.found[i].item.Slug)
	}
	if l.downloads == nil && slugs != nil {
		if l.downloads, err = s.downloads(ctx, slugs); err != nil {
			return p, err
		}
	}
	for _, f := range l.found {
		p.Items = append(p.Items, catalog.Listed{Item: f.item, Downloads: l.downloads[f.item.Slug]})
	}
	return p, nil
}

// downloads is how often items were downloaded; nil is all items.
func (s *Store) downloads(ctx context.Context, slugs []string) (map[string]int64, error) {
	sums, err := s.Counts(ctx, catalog.CountQuery{By: catalog.ByItem, Items: slugs})
	all := make(map[string]int64, len(sums))
	for _, sum := range sums {
		all[sum.Group] = sum.Downloads
	}
	return all, err
}

// listing is a page in the making.
type listing struct {
	query     *catalog.Query
	words     []string
	after     *position // nil from the start
	back      bool      // the items before it, in place of those after it
	downloads map[string]int64
	found     []found // in order, one more than the page has
	total     int64
}

type found struct {
	at   position
	item catalog.Item
}

// see takes an item into account.
func (l *listing) see(it *catalog.Item) {
	text := sortText(it)
	if !l.has(it, text) {
		return
	}
	l.total++
	at := l.position(it, text)
	if l.after != nil {
		if c := at.compare(*l.after); c == 0 || c < 0 != l.back {
			return
		}
	}
	i, _ := slices.BinarySearchFunc(l.found, at, func(f found, at position) int { return f.at.compare(at) })
	full := len(l.found) > l.query.Limit
	switch {
	case full && !l.back && i == len(l.found), full && l.back && i == 0: // farther than all
		return
	case full && l.back:
		l.found, i = slices.Delete(l.found, 0, 1), i-1
	case full:
		l.found = l.found[:len(l.found)-1]
	}
	l.found = slices.Insert(l.found, i, found{at, *it})
}

// cut leaves the items of the page, and says what is before and after it.
func (l *listing) cut(p *catalog.Page) {
	more := len(l.found) > l.query.Limit
	switch {
	case more && l.back:
		l.found = l.found[1:]
	case more:
		l.found = l.found[:l.query.Limit]
	}
	n := len(l.found)
	if n > 0 && (more || l.back) {
		p.Next = l.found[n-1].at.cursor(">")
	}
	if n > 0 && (more && l.back || l.after != nil && !l.back) {
		p.Previous = l.found[0].at.cursor("<")
	}
}

// has reports whether the query asks for an item with this text.
func (l *listing) has(it *catalog.Item, text string) bool {
	q := l.query
	if !q.Now.IsZero() && !it.Listed(q.Now) {
		return false
	}
	in := func(category string) bool { return catalog.Below(category, q.Category) }
	if q.Category != "" && !slices.ContainsFunc(it.AllCategories(), in) {
		return false
	}
	for _, word := range l.words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// longestText is how many bytes of a title lists are sorted by and searched in: they go
// into cursors, and those into URLs.
const longestText = 200

// sortText is what an item is sorted by and searched in: the beginning of its title,
// and its slug.
func sortText(it *catalog.Item) string {
	title := cmp.Or(it.Title, it.Slug)
	if n := longestText; len(title) > n {
		for !utf8.RuneStart(title[n]) {
			n--
		}
		title = title[:n]
	}
	return catalog.Fold(title) + "\n" + catalog.Fold(it.Slug)
}

// position is the place of an item in a list.
type position struct {
	text   string // of lists by title
	number int64  // of others
	slug   string
}

func (l *listing) position(it *catalog.Item, text string) position {
	switch l.query.Order {
	case catalog.ByNew:
		return position{number: -it.Created.UnixMilli(), slug: it.Slug}
	case catalog.ByDownloads:
		return position{number: -l.downloads[it.Slug], slug: it.Slug}
	}
	return position{text: text, slug: it.Slug}
}

func (p position) compare(other position) int {
	return cmp.Or(strings.Compare(p.text, other.text), cmp.Compare(p.number, other.number), strings.Compare(p.slug, other.slug))
}

// cursor is the position in a page's Next, ">", or Previous, "<".
func (p position) cursor(way string) string {
	key := p.text
	if key == "" {
		key = strconv.FormatInt(p.number, 10)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(way + p.slug + "\x00" + key))
}

func readCursor(order catalog.Order, after string) (at *position, back bool, err error) {
	lost := fmt.Errorf("no page begins after %.80q: %w", after, catalog.ErrNotFound)
	text, err := base64.RawURLEncoding.DecodeString(after)
	if err != nil || len(text) == 0 || text[0] != '<' && text[0] != '>' {
		return nil, false, lost
	}
	slug, key, ok := strings.Cut(string(text[1:]), "\x00")
	if !ok || catalog.CheckSlug(slug) != nil || !utf8.ValidString(key) {
		return nil, false, lost
	}
	at = &position{text: key, slug: slug}
	if order != catalog.ByTitle {
		at.text = ""
		if at.number, err = strconv.ParseInt(key, 10, 64); err != nil {
			return nil, false, lost
		}
	}
	return at, text[0] == '<', nil
}
