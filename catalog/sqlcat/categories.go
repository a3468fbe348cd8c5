package sqlcat

import (
	"context"
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
	deleteCategories = "DELETE FROM categories WHERE " + belowPath
)

// PutCategory puts a category, and those above it where there are none.
func (t *tables) PutCategory(ctx context.Context, c catalog.Category) error {
	return t.change(ctx, func(tx transaction) error {
		return run(tx, append(makeAbove(c.Path), statement{putCategory, []any{c.Path, c.Title, c.Position}}))
	})
}

// MoveCategory gives the categories new paths, and then the items.
func (t *tables) MoveCategory(ctx context.Context, from, to string) error {
	return t.editCategory(ctx, from, func(category string) string {
		return to + strings.TrimPrefix(category, from)
	}, append(makeAbove(to)[:strings.Count(to, "/")], statement{copyCategories, append([]any{to, int64(len([]rune(from)) + 1)}, below(from)...)}))
}

// DeleteCategory takes the items out of the categories, and then those away.
func (t *tables) DeleteCategory(ctx context.Context, path string) error {
	return t.editCategory(ctx, path, func(string) string { return "" }, nil)
}

// editCategory runs statements, has rename change the categories of each item at path
// or below, "" is none, and removes those that were there.
func (t *tables) editCategory(ctx context.Context, path string, rename func(string) string, first []statement) error {
	if n, err := t.number(ctx, countCategory, path); err != nil {
		return err
	} else if n == 0 {
		return catalog.ErrNotFound
	}
	return t.change(ctx, func(tx transaction) error {
		if err := run(tx, append(first, statement{deleteCategories, below(path)})); err != nil {
			return err
		}
		return eachIn(tx, path, func(it *catalog.Item) error {
			it.SetCategories(renamed(it.AllCategories(), path, rename))
			return run(tx, puts(it, time.Now()))
		})
	})
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

func below(path string) []any { return []any{path, path + "/", path + "0"} }

// makeAbove makes a category and those above it.
func makeAbove(path string) (all []statement) {
	for _, above := range catalog.Above(path) {
		all = append(all, statement{makeCategory, []any{above}})
	}
	return all
}
