package sqlcat

import (
	"slices"
	"unicode/utf8"

	"github.com/downlink-go/downlink/catalog"
)

// never is the time, in milliseconds since 1970, that no clock comes to; a JavaScript
// number holds it.
const never int64 = 1 << 52

// longestSort is how many bytes of a title lists are sorted by and searched in.
// PostgreSQL's indexes take no more than 2,700 in all.
const longestSort = 200

// The statements that keep places and tallies. What is taken out of tallies is what
// the places say that was put in.
const (
	ofSlug      = " (category, since, until) IN (SELECT category, since, until FROM places WHERE slug = ?)"
	takeOut     = "UPDATE tallies SET n = n - 1 WHERE" + ofSlug
	deleteEmpty = "DELETE FROM tallies WHERE n < 1 AND" + ofSlug
	deletePlace = "DELETE FROM places WHERE slug = ?"
	insertPlace = "INSERT INTO places (slug, category, sort, age, since, until)" +
		" SELECT slug, CAST(? AS TEXT), CAST(? AS TEXT), -created, CAST(? AS BIGINT), CAST(? AS BIGINT) FROM items WHERE slug = ?"
	putIn = "INSERT INTO tallies (category, since, until, n) SELECT category, since, until, 1 FROM places WHERE slug = ?" +
		" ON CONFLICT (category, since, until) DO UPDATE SET n = tallies.n + 1"
	makeTotal    = "INSERT INTO totals (slug) VALUES (?) ON CONFLICT (slug) DO NOTHING"
	makeCategory = "INSERT INTO categories (path) VALUES (?) ON CONFLICT (path) DO NOTHING"
)

// place are the statements that put an item, which is in its table, into the lists.
func place(it *catalog.Item) []statement {
	all := displace(it.Slug)
	sort, since, until := sortKey(it), int64(0), never
	if it.Draft || !it.Visible {
		since = never
	} else {
		since = msOf(it.Publish)
	}
	if !it.Expires.IsZero() {
		until = msOf(it.Expires)
	}
	all = append(all, statement{insertPlace, []any{"", sort, since, until, it.Slug}})
	for _, path := range placesOf(it) {
		all = append(all, statement{insertPlace, []any{path, sort, since, until, it.Slug}}, statement{makeCategory, []any{path}})
	}
	return append(all, statement{putIn, []any{it.Slug}}, statement{makeTotal, []any{it.Slug}})
}

// placesOf are the categories that an item is in and those above them, each once.
func placesOf(it *catalog.Item) (all []string) {
	for _, category := range it.AllCategories() {
		for _, path := range catalog.Above(category) {
			if !slices.Contains(all, path) {
				all = append(all, path)
			}
		}
	}
	return all
}

// displace are the statements that take an item out of the lists.
func displace(slug string) []statement {
	return []statement{{takeOut, []any{slug}}, {deleteEmpty, []any{slug}}, {deletePlace, []any{slug}}}
}

// sortKey is what an item is sorted by and searched in: the beginning of its title,
// and its slug.
func sortKey(it *catalog.Item) string {
	title := it.Title
	if title == "" {
		title = it.Slug
	}
	if len(title) > longestSort {
		n := longestSort
		for n > 0 && !utf8.RuneStart(title[n]) {
			n--
		}
		title = title[:n]
	}
	return catalog.Fold(title) + "\n" + catalog.Fold(it.Slug)
}
