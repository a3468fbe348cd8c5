package sqlcat

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

const (
	putCategory = "INSERT INTO categories (path, title, position) VALUES (?, ?, ?)" +
		" ON CONFLICT (path) DO UPDATE SET title = excluded.title, position = excluded.position"
	// The paths below "A" are those from "A/" to "A0", as bytes go.
	belowPath      = "(path = ? OR path >= ? AND path < ?)"
	countCategory  = "SELECT COUNT(*) FROM categories WHERE path = ?"
	copyCategories = "INSERT INTO categories (path, title, position)" +
		" SELECT CAST(? AS TEXT) || substr(path, CAST(? AS INTEGER)), title, position FROM categories WHERE " + belowPath +
		" ON CONFLICT (path) DO NOTHING"
	// aside begins the paths of categories that are on their way: no path begins so.
	aside            = "/"
	deleteCategories = "DELETE FROM categories WHERE " + belowPath

	setCategories = "UPDATE items SET category = ?, categories = ?, updated = ? WHERE slug = ?"
	leavePlaces   = "DELETE FROM places WHERE slug = ? AND category <> ''"
	// An item's place among all tells what its other places have.
	copyPlace = "INSERT INTO places (slug, category, sort, age, since, until)" +
		" SELECT slug, CAST(? AS TEXT), sort, age, since, until FROM places WHERE slug = ? AND category = ''"

	// D1 runs statements later than what was read for them. These two fail, and with
	// them all others, if an item's categories are not those that were read, or if an
	// item was put into the category.
	refuseOthers = "INSERT INTO categories (path) SELECT NULL FROM items WHERE slug = ? AND (category <> ? OR categories <> ?)"
	refuseLeft   = "INSERT INTO categories (path) SELECT NULL FROM places WHERE category = ?"
	refusal      = "NOT NULL constraint failed: categories.path"
)

// errMeanwhile: items came into a category, or left it, while it was edited.
var errMeanwhile = errors.New("items changed their categories meanwhile")

// mostTries is how often a category is edited before others who edit its items go first.
const mostTries = 10

// PutCategory puts a category, and those above it where there are none.
func (t *tables) PutCategory(ctx context.Context, c catalog.Category) error {
	return t.change(ctx, func(tx transaction) error {
		return run(tx, append(makeAbove(c.Path), statement{putCategory, []any{c.Path, c.Title, c.Position}}))
	})
}

// MoveCategory gives the categories new paths, and then the items. They go aside
// first, as one of them may come to where another was.
func (t *tables) MoveCategory(ctx context.Context, from, to string) error {
	all := append(makeAbove(to)[:strings.Count(to, "/")], copyBelow(from, aside+to), removeBelow(from), copyBelow(aside+to, to), removeBelow(aside+to))
	return t.editCategory(ctx, from, func(category string) string { return to + strings.TrimPrefix(category, from) }, all)
}

// DeleteCategory takes the categories away, and the items out of them.
func (t *tables) DeleteCategory(ctx context.Context, path string) error {
	return t.editCategory(ctx, path, func(string) string { return "" }, []statement{removeBelow(path)})
}

// editCategory runs statements about the category at path and those below it, and has
// rename change those of each item there; "" is none.
func (t *tables) editCategory(ctx context.Context, path string, rename func(string) string, statements []statement) error {
	if n, err := t.number(ctx, countCategory, path); err != nil {
		return err
	} else if n == 0 {
		return catalog.ErrNotFound
	}
	err := errMeanwhile
	for try := 0; try < mostTries && errors.Is(err, errMeanwhile); try++ {
		err = t.change(ctx, func(tx transaction) error {
			if err := run(tx, statements); err != nil {
				return err
			}
			return recategorize(tx, path, rename)
		})
	}
	return err
}

// recategorize has rename change the categories of the items at path or below. All
// leave before one enters: what is there then came meanwhile.
func recategorize(tx transaction, path string, rename func(string) string) error {
	type move struct {
		slug       string
		categories []string
	}
	var moved []move
	err := eachIn(tx, path, func(it *catalog.Item) error {
		moved = append(moved, move{it.Slug, renamed(it.AllCategories(), path, rename)})
		return run(tx, leave(it))
	})
	if err == nil {
		err = run(tx, []statement{{refuseLeft, []any{path}}})
	}
	for i := 0; i < len(moved) && err == nil; i++ {
		err = run(tx, enter(moved[i].slug, moved[i].categories))
	}
	return err
}

// leave are the statements that take an item out of its categories.
func leave(it *catalog.Item) []statement {
	return []statement{
		{refuseOthers, []any{it.Slug, it.Category, strings.Join(it.Categories, "\n")}},
		{takeOut, []any{it.Slug}}, {deleteEmpty, []any{it.Slug}}, {leavePlaces, []any{it.Slug}},
	}
}

// enter are the statements that put an item that has left its categories into others,
// and leave everything else of it as it is when they run.
func enter(slug string, categories []string) []statement {
	it := &catalog.Item{}
	it.SetCategories(categories)
	all := []statement{{setCategories, []any{it.Category, strings.Join(it.Categories, "\n"), msOf(time.Now()), slug}}}
	for _, path := range placesOf(it) {
		all = append(all, statement{copyPlace, []any{path, slug}}, statement{makeCategory, []any{path}})
	}
	return append(all, statement{putIn, []any{slug}})
}

// eachIn calls f for the items in a category or below it.
func eachIn(tx transaction, category string, f func(*catalog.Item) error) error {
	for after := ""; ; {
		rows, err := tx.query(selectIn, after, category, int64(pageSize))
		if err != nil {
			return err
		}
		items, err := collect(rows, func() {})
		if err != nil {
			return err
		}
		for i := range items {
			if err := f(&items[i]); err != nil {
				return err
			}
		}
		if len(items) < pageSize {
			return nil
		}
		after = items[len(items)-1].Slug
	}
}

// renamed are categories of which those at path or below have new names, each once.
func renamed(categories []string, path string, rename func(string) string) (all []string) {
	for _, category := range categories {
		if catalog.Below(category, path) {
			category = rename(category)
		}
		if category != "" && !slices.Contains(all, category) {
			all = append(all, category)
		}
	}
	return all
}

// copyBelow copies the categories at from and below to where there are none.
func copyBelow(from, to string) statement {
	return statement{copyCategories, append([]any{to, int64(len([]rune(from)) + 1)}, below(from)...)}
}

func removeBelow(path string) statement { return statement{deleteCategories, below(path)} }

func below(path string) []any { return []any{path, path + "/", path + "0"} }

// makeAbove makes a category and those above it.
func makeAbove(path string) (all []statement) {
	for _, above := range catalog.Above(path) {
		all = append(all, statement{makeCategory, []any{above}})
	}
	return all
}
