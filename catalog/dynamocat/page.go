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
		if l.after, err = readCursor(q.Order, q.After); err != nil {
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
	if len(l.found) > q.Limit {
		l.found = l.found[:q.Limit]
		p.Next = l.found[q.Limit-1].at.cursor()
	}
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
	if l.after != nil && at.compare(*l.after) <= 0 {
		return
	}
	i, _ := slices.BinarySearchFunc(l.found, at, func(f found, at position) int { return f.at.compare(at) })
	if i > l.query.Limit {
		return
	}
	l.found = slices.Insert(l.found, i, found{at, *it})
	l.found = l.found[:min(len(l.found), l.query.Limit+1)]
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

// cursor is the position in a page's Next.
func (p position) cursor() string {
	key := p.text
	if key == "" {
		key = strconv.FormatInt(p.number, 10)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(p.slug + "\x00" + key))
}

func readCursor(order catalog.Order, after string) (*position, error) {
	text, err := base64.RawURLEncoding.DecodeString(after)
	slug, key, ok := strings.Cut(string(text), "\x00")
	if err != nil || !ok || catalog.CheckSlug(slug) != nil || !utf8.ValidString(key) {
		return nil, fmt.Errorf("no page begins after %.80q: %w", after, catalog.ErrNotFound)
	}
	if order == catalog.ByTitle {
		return &position{text: key, slug: slug}, nil
	}
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("no page begins after %.80q: %w", after, catalog.ErrNotFound)
	}
	return &position{number: n, slug: slug}, nil
}
