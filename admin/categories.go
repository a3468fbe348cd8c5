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

func categories(x *visit) error { return x.showCategories(categoryForms{}, "") }

// categoryForms is what the forms beside the tree have in them.
type categoryForms struct {
	Path     string // of the new category
	From, To string // of one that may go into another; "": none
}

func (x *visit) showCategories(forms categoryForms, problem string) error {
	all, err := x.opts.Catalog.Categories(x.r.Context(), time.Time{})
	if err != nil {
		return err
	}
	sortByPath(all)
	data := struct {
		Rows []categoryRow
		categoryForms
	}{treeOf(all), forms}
	return x.show("categories", shown{Title: "Categories", Section: "categories", Problem: problem, Data: data})
}

// changeCategory makes, changes, moves or deletes a category.
func changeCategory(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	form := x.r.PostForm
	from, to := form.Get("from"), cleanCategory(form.Get("path"))
	if form.Get("do") == "delete" {
		return x.deleteCategory(from)
	}
	position, err := readPosition(form.Get("position"))
	c := catalog.Category{Path: to, Title: strings.TrimSpace(form.Get("title")), Position: position}
	if err == nil {
		err = c.Check()
	}
	switch {
	case err != nil:
		return x.showCategories(categoryForms{Path: form.Get("path")}, sentence(err))
	case from == to:
		return x.putCategory(c)
	case from == "":
		return x.newCategory(c)
	}
	return x.moveCategory(from, c, form.Get("do") == "merge")
}

func (x *visit) putCategory(c catalog.Category) error {
	if err := x.opts.Catalog.PutCategory(x.r.Context(), c); err != nil {
		return err
	}
	return x.goTo(Path+"categories", "Saved.")
}

// newCategory makes a category unless there is one.
func (x *visit) newCategory(c catalog.Category) error {
	all, err := x.categories()
	if err != nil {
		return err
	}
	if slices.Contains(all, c.Path) {
		return x.showCategories(categoryForms{Path: c.Path}, fmt.Sprintf("There is a category %q already: write another path, or change that one below.", c.Path))
	}
	return x.putCategory(c)
}

// moveCategory moves the category at from to the path of c. With merge it goes into the
// one that is there, which stays as it is; else it asks.
func (x *visit) moveCategory(from string, c catalog.Category, merge bool) error {
	if catalog.Below(c.Path, from) {
		return x.showCategories(categoryForms{}, "A category cannot go into itself.")
	}
	all, err := x.categories()
	if err != nil {
		return err
	}
	there := slices.Contains(all, c.Path)
	if there && !merge {
		return x.showCategories(categoryForms{From: from, To: c.Path}, fmt.Sprintf("There is a category %q already. Nothing was moved.", c.Path))
	}
	if err := x.opts.Catalog.MoveCategory(x.r.Context(), from, c.Path); err != nil {
		return err
	}
	if there {
		return x.goTo(Path+"categories", fmt.Sprintf("All that was in %q is in %q now.", from, c.Path))
	}
	return x.putCategory(c)
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
			return x.showCategories(categoryForms{}, "There is something in this category: move that first.")
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
