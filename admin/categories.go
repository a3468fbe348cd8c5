package admin

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// categoryRow is a category in the tree.
type categoryRow struct {
	catalog.CategoryCount
	Name  string // what it shows
	Depth int    // 0 at the top
	Empty bool   // no item in it, and no category
}

// treeOf is the tree of categories in the order in which it is shown.
func treeOf(all []catalog.CategoryCount) (rows []categoryRow) {
	for i, c := range all {
		r := categoryRow{CategoryCount: c, Name: c.Title, Depth: strings.Count(c.Path, "/")}
		if r.Name == "" {
			r.Name = path.Base(c.Path)
		}
		r.Empty = c.Items == 0 && (i+1 == len(all) || !strings.HasPrefix(all[i+1].Path, c.Path+"/"))
		rows = append(rows, r)
	}
	return rows
}

// sortByPath puts each category before those in it, and these before its next
// sibling.
func sortByPath(all []catalog.CategoryCount) {
	slices.SortFunc(all, func(a, b catalog.CategoryCount) int {
		return strings.Compare(strings.ReplaceAll(a.Path, "/", "\x00"), strings.ReplaceAll(b.Path, "/", "\x00"))
	})
}

func categories(x *visit) error { return x.showCategories("", "") }

func (x *visit) showCategories(written, problem string) error {
	all, err := x.opts.Catalog.Categories(x.r.Context(), time.Time{})
	if err != nil {
		return err
	}
	sortByPath(all)
	data := struct {
		Rows    []categoryRow
		Written string
	}{treeOf(all), written}
	return x.show("categories", shown{Title: "Categories", Section: "categories", Problem: problem, Data: data})
}

// changeCategory makes, changes, moves or deletes a category.
func changeCategory(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	form, ctx := x.r.PostForm, x.r.Context()
	from, to := form.Get("from"), cleanCategory(form.Get("path"))
	if form.Get("do") == "delete" {
		return x.deleteCategory(from)
	}
	position, err := readPosition(form.Get("position"))
	c := catalog.Category{Path: to, Title: strings.TrimSpace(form.Get("title")), Position: position}
	if err == nil {
		err = c.Check()
	}
	if err != nil {
		return x.showCategories(form.Get("path"), sentence(err))
	}
	if from != "" && from != to {
		if catalog.Below(to, from) {
			return x.showCategories("", "A category cannot go into itself.")
		}
		if err := x.opts.Catalog.MoveCategory(ctx, from, to); err != nil {
			return err
		}
	}
	if err := x.opts.Catalog.PutCategory(ctx, c); err != nil {
		return err
	}
	return x.goTo(Path+"categories", "Saved.")
}

// deleteCategory deletes one that is empty.
func (x *visit) deleteCategory(from string) error {
	all, err := x.opts.Catalog.Categories(x.r.Context(), time.Time{})
	if err != nil {
		return err
	}
	sortByPath(all)
	for _, r := range treeOf(all) {
		if r.Path == from && !r.Empty {
			return x.showCategories("", "There is something in this category: move that first.")
		}
	}
	if err := x.opts.Catalog.DeleteCategory(x.r.Context(), from); err != nil {
		return err
	}
	return x.goTo(Path+"categories", "The category was deleted.")
}

func readPosition(text string) (int64, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("position %q: write a whole number, or nothing", text)
	}
	return n, nil
}
