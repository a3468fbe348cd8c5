package dynamocat

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// Categories are rows of one partition: pk is "category", sk the path, or its hash if
// it is too long for that.
const (
	categoryPartition = "category"
	longestKey        = 1000 // bytes, of DynamoDB's 1024
	pathAttr          = "path"
	titleAttr         = "title"
	positionAttr      = "position"
)

var _ catalog.Categorizer = (*Store)(nil)

func categoryKey(path string) attributes {
	if len(path) > longestKey {
		path = fmt.Sprintf("/%x", sha256.Sum256([]byte(path))) // no path begins with a slash
	}
	return key(categoryPartition, path)
}

// categoriesOf are the categories that items are in, and those above.
func categoriesOf(edits []edit) []string {
	paths := map[string]bool{}
	for _, e := range edits {
		for _, category := range e.AllCategories() {
			for _, path := range catalog.Above(category) {
				paths[path] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

// makeCategories makes the categories that are not there.
func (s *Store) makeCategories(ctx context.Context, paths []string) error {
	var keys []attributes
	for _, path := range paths {
		keys = append(keys, categoryKey(path))
	}
	rows, err := s.getAll(ctx, keys)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, row := range rows {
		there[textOf(row[pathAttr])] = true
	}
	missing := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return there[path] })
	return each(ctx, len(missing), atOnce, func(ctx context.Context, i int) error {
		return unless(s.putCategory(ctx, catalog.Category{Path: missing[i]}, "attribute_not_exists(pk)"))
	})
}

func (s *Store) putCategory(ctx context.Context, c catalog.Category, condition string) error {
	row := categoryKey(c.Path)
	row[pathAttr] = text(c.Path)
	putText(row, titleAttr, c.Title)
	putNumber(row, positionAttr, c.Position)
	return s.write(ctx, "PutItem", &operation{Item: row, ConditionExpression: condition})
}

// categories is all of them by path.
func (s *Store) categories(ctx context.Context) (map[string]catalog.Category, error) {
	all := map[string]catalog.Category{}
	for p := (partition{store: s, pk: categoryPartition, limit: laterPage}); ; p.rows = nil {
		if err := p.read(ctx); err != nil {
			return nil, err
		}
		for _, row := range p.rows {
			path := textOf(row[pathAttr])
			all[path] = catalog.Category{Path: path, Title: textOf(row[titleAttr]), Position: numberOf(row[positionAttr])}
		}
		if p.done {
			return all, nil
		}
	}
}

// Categories are all categories, with what a look at all items counts.
func (s *Store) Categories(ctx context.Context, now time.Time) ([]catalog.CategoryCount, error) {
	categories, err := s.categories(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	err = s.List(ctx, "", func(it catalog.Item) bool {
		if now.IsZero() || it.Listed(now) {
			for _, path := range categoriesOf([]edit{{Item: &it}}) {
				counts[path]++
			}
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	var all []catalog.CategoryCount
	for _, path := range slices.Sorted(maps.Keys(categories)) {
		all = append(all, catalog.CategoryCount{Category: categories[path], Items: counts[path]})
	}
	return all, nil
}

// PutCategory puts a category after those above it.
func (s *Store) PutCategory(ctx context.Context, c catalog.Category) error {
	if err := s.makeCategories(ctx, above(c.Path)); err != nil {
		return err
	}
	return s.putCategory(ctx, c, "")
}

// above are the categories above path, without it.
func above(path string) []string {
	all := catalog.Above(path)
	return all[:len(all)-1]
}

// MoveCategory makes the categories at their new paths, moves the items, all or none,
// and removes the old ones. One that failed can be called again, unless a category came
// to where another was that moved: its items would move once more.
func (s *Store) MoveCategory(ctx context.Context, from, to string) error {
	old, err := s.below(ctx, from)
	if err != nil {
		return err
	}
	if err := s.makeCategories(ctx, above(to)); err != nil {
		return err
	}
	rename := func(path string) string { return to + strings.TrimPrefix(path, from) }
	moved := slices.Clone(old)
	for i := range moved {
		moved[i].Path = rename(old[i].Path)
	}
	err = each(ctx, len(moved), atOnce, func(ctx context.Context, i int) error {
		return unless(s.putCategory(ctx, moved[i], "attribute_not_exists(pk)"))
	})
	if err != nil {
		return err
	}
	if err := s.recategorize(ctx, from, rename); err != nil {
		return err
	}
	return s.removeCategories(ctx, old, moved)
}

// DeleteCategory takes the items out of the categories, all or none, and removes those.
func (s *Store) DeleteCategory(ctx context.Context, path string) error {
	old, err := s.below(ctx, path)
	if err != nil {
		return err
	}
	if err := s.recategorize(ctx, path, func(string) string { return "" }); err != nil {
		return err
	}
	return s.removeCategories(ctx, old, nil)
}

// below are the category at path and those below it; ErrNotFound without one at path.
func (s *Store) below(ctx context.Context, path string) (all []catalog.Category, err error) {
	categories, err := s.categories(ctx)
	if err != nil {
		return nil, err
	}
	if _, ok := categories[path]; !ok {
		return nil, catalog.ErrNotFound
	}
	for _, c := range categories {
		if catalog.Below(c.Path, path) {
			all = append(all, c)
		}
	}
	return all, nil
}

// mostTries is how often items are read and put into other categories before others who
// edit them go first.
const mostTries = 10

// recategorize has rename change the categories of each item at path or below, "" is
// none. If one of them was edited after it was read, it reads all again.
func (s *Store) recategorize(ctx context.Context, path string, rename func(string) string) error {
	for range mostTries {
		var edits []edit
		err := s.list(ctx, "", func(it catalog.Item, was attributes) bool {
			if all, changed := renamed(it.AllCategories(), path, rename); changed {
				it.SetCategories(all)
				edits = append(edits, edit{&it, was})
			}
			return true
		})
		if err == nil {
			err = s.put(ctx, edits)
		}
		if _, edited := errors.AsType[*refusal](err); !edited {
			return err
		}
	}
	return fmt.Errorf("%w: others kept editing items of the category: try again", catalog.ErrUnavailable)
}

// removeCategories removes the old categories; moved ones that come to where one of
// them was take its place.
func (s *Store) removeCategories(ctx context.Context, old, moved []catalog.Category) error {
	return each(ctx, len(old), atOnce, func(ctx context.Context, i int) error {
		at := func(c catalog.Category) bool { return c.Path == old[i].Path }
		if n := slices.IndexFunc(moved, at); n >= 0 {
			return s.putCategory(ctx, moved[n], "")
		}
		return s.write(ctx, "DeleteItem", &operation{Key: categoryKey(old[i].Path)})
	})
}

// renamed are categories of which those at path or below have new names, each once, and
// whether there were any.
func renamed(categories []string, path string, rename func(string) string) (all []string, changed bool) {
	for _, category := range categories {
		if catalog.Below(category, path) {
			category, changed = rename(category), true
		}
		if category != "" && !slices.Contains(all, category) {
			all = append(all, category)
		}
	}
	return all, changed
}
