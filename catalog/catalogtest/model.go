package catalogtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// model is a catalogue in a map, to which drivers are compared.
type model struct {
	items      map[string]catalog.Item
	categories map[string]catalog.Category
}

func newModel() *model {
	return &model{map[string]catalog.Item{}, map[string]catalog.Category{}}
}

func (m *model) put(it catalog.Item) {
	m.items[it.Slug] = it
	for _, category := range it.AllCategories() {
		m.make(category)
	}
}

func (m *model) make(category string) {
	for _, path := range catalog.Above(category) {
		if _, ok := m.categories[path]; !ok {
			m.categories[path] = catalog.Category{Path: path}
		}
	}
}

// edit gives the categories of items at path or below other names, "" is none.
func (m *model) edit(path string, rename func(string) string) {
	for slug, it := range m.items {
		var all []string
		for _, c := range it.AllCategories() {
			if catalog.Below(c, path) {
				c = rename(c)
			}
			if c != "" && !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
		it.SetCategories(all)
		m.items[slug] = it
	}
	for p := range m.categories {
		if catalog.Below(p, path) {
			delete(m.categories, p)
		}
	}
}

func (m *model) move(from, to string) {
	if above := catalog.Above(to); len(above) > 1 {
		m.make(above[len(above)-2])
	}
	moved := func(path string) string { return to + strings.TrimPrefix(path, from) }
	before := maps.Clone(m.categories)
	m.edit(from, moved)
	for path, c := range before {
		if !catalog.Below(path, from) {
			continue
		}
		c.Path = moved(path)
		if _, there := m.categories[c.Path]; !there {
			m.categories[c.Path] = c
		}
	}
}

func (m *model) has(it *catalog.Item, category string, now time.Time) bool {
	in := category == "" || slices.ContainsFunc(it.AllCategories(), func(c string) bool { return catalog.Below(c, category) })
	return in && (now.IsZero() || it.Listed(now))
}

func (m *model) slugs(q catalog.Query) (all []string) {
	for slug, it := range m.items {
		text := strings.ToLower(cmp.Or(it.Title, slug) + "\n" + slug)
		missing := slices.ContainsFunc(q.Words(), func(word string) bool { return !strings.Contains(text, word) })
		if m.has(&it, q.Category, q.Now) && !missing {
			all = append(all, slug)
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(strings.Compare(strings.ToLower(m.items[a].Title+"\n"+a), strings.ToLower(m.items[b].Title+"\n"+b)), strings.Compare(a, b))
	})
	return all
}

func (m *model) counts(now time.Time) (all []catalog.CategoryCount) {
	for _, path := range slices.Sorted(maps.Keys(m.categories)) {
		n := int64(0)
		for _, it := range m.items {
			if m.has(&it, path, now) {
				n++
			}
		}
		all = append(all, catalog.CategoryCount{Category: m.categories[path], Items: n})
	}
	return all
}

// some is an item of few slugs, categories and times, so that they meet.
func some(r *rand.Rand) catalog.Item {
	it := titled(fmt.Sprintf("s%02d", r.IntN(40)), fmt.Sprintf("%s %d", []string{"Red", "green", "Blue"}[r.IntN(3)], r.IntN(5)))
	var all []string
	for range r.IntN(4) {
		if c := somePath(r); !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	it.SetCategories(all)
	it.Visible, it.Draft = r.IntN(8) > 0, r.IntN(8) == 0
	if r.IntN(3) == 0 {
		it.Publish = moment.Add(time.Duration(r.IntN(5)) * time.Hour)
	}
	if r.IntN(3) == 0 {
		it.Expires = moment.Add(time.Duration(5+r.IntN(5)) * time.Hour)
	}
	return it
}

func somePath(r *rand.Rand) string {
	path := []string{"A", "AB", "Ä"}[r.IntN(3)]
	for range r.IntN(3) {
		path += "/" + []string{"A", "0", "x y"}[r.IntN(3)]
	}
	return path
}

func pagesLikeTheModel(t *testing.T, d catalog.Driver) {
	r, m := rand.New(rand.NewPCG(1, 2)), newModel()
	for range 150 {
		change(t, d, m, r)
		q := catalog.Query{Limit: 1 + r.IntN(20), Search: []string{"", "re", "blue 1", "s1 e"}[r.IntN(4)]}
		if r.IntN(2) == 0 {
			q.Now = moment.Add(time.Duration(r.IntN(11)) * time.Hour)
		}
		if r.IntN(3) > 0 {
			q.Category = somePath(r)
		}
		wantPage(t, d, q, m.slugs(q)...)
	}
}

// change changes both in the same way.
func change(t *testing.T, d catalog.Driver, m *model, r *rand.Rand) {
	t.Helper()
	deleter, deletes := d.(catalog.Deleter)
	if slug := fmt.Sprintf("s%02d", r.IntN(40)); deletes && r.IntN(4) == 0 {
		_, there := m.items[slug]
		delete(m.items, slug)
		if err := deleter.Delete(context.Background(), slug); (err == nil) != there || err != nil && !errors.Is(err, catalog.ErrNotFound) {
			t.Fatalf("delete %q, there %v: %v", slug, there, err)
		}
		return
	}
	it := some(r)
	put(t, d, it)
	m.put(it)
}

// RunCategorizer plays the suite of drivers that keep categories.
func RunCategorizer(t *testing.T, open func(t *testing.T) catalog.Driver) {
	for name, test := range map[string]func(*testing.T, catalog.Driver){
		"categories of their own": categoriesOfTheirOwn,
		"moved up":                categoryMovedUp,
		"like the model":          categoriesLikeTheModel,
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			t.Cleanup(func() { d.Close() })
			test(t, d)
		})
	}
}

func wantCategories(t *testing.T, d catalog.Driver, now time.Time, want []catalog.CategoryCount) {
	t.Helper()
	got, err := catalog.New(d).Categories(context.Background(), now)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("at %v: got %+v, %v; want %+v", now, got, err, want)
	}
}

func categoriesOfTheirOwn(t *testing.T, d catalog.Driver) {
	c, ctx := catalog.New(d), context.Background()
	wantCategories(t, d, time.Time{}, nil)
	for _, category := range []catalog.Category{
		{Path: "A/B", Title: "It's 文", Position: -3}, {Path: "A", Title: "first"}, {Path: "A", Title: "Again", Position: 1 << 40}, {Path: "C"},
	} {
		if err := c.PutCategory(ctx, category); err != nil {
			t.Fatal(err)
		}
	}
	put(t, d, in("x", "A/B", "A/D"))
	a, ab := catalog.Category{Path: "A", Title: "Again", Position: 1 << 40}, catalog.Category{Path: "A/B", Title: "It's 文", Position: -3}
	wantCategories(t, d, moment, []catalog.CategoryCount{{Category: a, Items: 1}, {Category: ab, Items: 1}, {Category: catalog.Category{Path: "A/D"}, Items: 1}, {Category: catalog.Category{Path: "C"}}})
	if err := c.MoveCategory(ctx, "A/B", "C/E/F"); err != nil {
		t.Fatal(err)
	}
	cef := catalog.Category{Path: "C/E/F", Title: "It's 文", Position: -3}
	wantCategories(t, d, moment, []catalog.CategoryCount{
		{Category: a, Items: 1}, {Category: catalog.Category{Path: "A/D"}, Items: 1}, {Category: catalog.Category{Path: "C"}, Items: 1},
		{Category: catalog.Category{Path: "C/E"}, Items: 1}, {Category: cef, Items: 1},
	})
	wantItem(t, d, in("x", "C/E/F", "A/D"))
	if err := c.DeleteCategory(ctx, "C"); err != nil {
		t.Fatal(err)
	}
	wantItem(t, d, in("x", "A/D"))
	for _, path := range []string{"C", "", "a", "A/", "X/Y"} {
		if err := c.DeleteCategory(ctx, path); !errors.Is(err, catalog.ErrNotFound) {
			t.Errorf("delete %q: %v, want ErrNotFound", path, err)
		}
		if err := c.MoveCategory(ctx, path, "Z"); path != "" && !errors.Is(err, catalog.ErrNotFound) {
			t.Errorf("move %q: %v, want ErrNotFound", path, err)
		}
	}
	wantCategories(t, d, time.Time{}, []catalog.CategoryCount{{Category: a, Items: 1}, {Category: catalog.Category{Path: "A/D"}, Items: 1}})
}

// categoryMovedUp: categories inside the one that moves have the names of those they
// come to. They take their places, and nothing is lost.
func categoryMovedUp(t *testing.T, d catalog.Driver) {
	c, ctx := catalog.New(d), context.Background()
	for _, category := range []catalog.Category{
		{Path: "A", Title: "top"}, {Path: "A/B", Title: "outer"}, {Path: "A/B/B", Title: "inner", Position: 7}, {Path: "A/B/B/B", Title: "innermost"},
	} {
		if err := c.PutCategory(ctx, category); err != nil {
			t.Fatal(err)
		}
	}
	items := []catalog.Item{in("a", "A"), in("b", "A/B"), in("c", "A/B/B"), in("d", "A/B/B", "A/B", "A/B/B/B")}
	put(t, d, items...)
	if err := c.MoveCategory(ctx, "A/B", "A"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []catalog.Item{in("a", "A"), in("b", "A"), in("c", "A/B"), in("d", "A/B", "A", "A/B/B")} {
		wantItem(t, d, want)
	}
	wantPage(t, d, catalog.Query{Category: "A/B"}, "c", "d")
	wantCategories(t, d, time.Time{}, []catalog.CategoryCount{
		{Category: catalog.Category{Path: "A", Title: "top"}, Items: 4}, {Category: catalog.Category{Path: "A/B", Title: "inner", Position: 7}, Items: 2},
		{Category: catalog.Category{Path: "A/B/B", Title: "innermost"}, Items: 1},
	})
}

func categoriesLikeTheModel(t *testing.T, d catalog.Driver) {
	r, m, c := rand.New(rand.NewPCG(3, 4)), newModel(), catalog.New(d)
	for range 120 {
		from, to := somePath(r), somePath(r)
		_, there := m.categories[from]
		switch r.IntN(5) {
		case 0:
			if catalog.Below(to, from) {
				continue
			}
			if err := c.MoveCategory(context.Background(), from, to); (err == nil) != there {
				t.Fatalf("move %q, there %v: %v", from, there, err)
			} else if there {
				m.move(from, to)
			}
		case 1:
			if err := c.DeleteCategory(context.Background(), from); (err == nil) != there {
				t.Fatalf("delete %q, there %v: %v", from, there, err)
			} else if there {
				m.edit(from, func(string) string { return "" })
			}
		default:
			change(t, d, m, r)
		}
		for _, now := range []time.Time{{}, moment.Add(time.Duration(r.IntN(11)) * time.Hour)} {
			wantCategories(t, d, now, m.counts(now))
		}
	}
	for _, it := range m.items {
		wantItem(t, d, it)
	}
}

// RunEditedWhileMoved has one edit an item while another moves its category to and fro:
// what was put stays, wherever the item is, and lists have it there.
func RunEditedWhileMoved(t *testing.T, open func(t *testing.T) catalog.Driver) {
	d := open(t)
	defer d.Close()
	c, ctx := catalog.New(d), context.Background()
	put(t, d, in("x", "A"), in("y", "A", "C"))
	over := moveToAndFro(c)
	for n := range 60 {
		for _, it := range []catalog.Item{in("x", "A"), in("y", "A", "C")} {
			it.Title = fmt.Sprint("title ", n)
			put(t, d, it)
			got, err := d.Item(ctx, it.Slug)
			if err != nil || got.Title != it.Title || got.Category != "A" && got.Category != "B" || len(got.Categories) != len(it.Categories) {
				t.Errorf("edit %d: got %s, %v; want %s", n, show(got), err, show(it))
			}
		}
	}
	if err := over(); err != nil {
		t.Errorf("move: %v", err)
	}
	wantCategoriesOf(t, d, "x", "y")
}

// moveToAndFro moves the category A to B and back until over is called.
func moveToAndFro(c *catalog.Catalog) (over func() error) {
	var end atomic.Bool
	moved := make(chan error, 1)
	go func() {
		var err error
		for from, to := "A", "B"; err == nil && !end.Load(); from, to = to, from {
			if err = c.MoveCategory(context.Background(), from, to); errors.Is(err, catalog.ErrNotFound) {
				err = nil // nothing was put there since
			}
		}
		moved <- err
	}()
	return func() error { end.Store(true); return <-moved }
}

// wantCategoriesOf compares the categories that have items with what those items say.
func wantCategoriesOf(t *testing.T, d catalog.Driver, slugs ...string) {
	t.Helper()
	ctx, c := context.Background(), catalog.New(d)
	m := newModel()
	for _, slug := range slugs {
		it, err := d.Item(ctx, slug)
		if err != nil {
			t.Fatal(err)
		}
		m.put(it)
	}
	got, err := c.Categories(ctx, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(c catalog.CategoryCount) bool { return c.Items == 0 })
	if want := m.counts(time.Time{}); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
