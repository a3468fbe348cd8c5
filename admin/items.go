package admin

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// itemList is what the page of items shows.
type itemList struct {
	Search, Category, Order string
	Categories              []string
	Items                   []itemRow
	Total                   int64
	Previous, Next          string // URLs of the pages before and after; "" without one
	First                   bool   // it is the first page
}

// itemRow is an item in the list.
type itemRow struct {
	Slug, Title, State, Category string
	Size, Downloads              int64
	Updated                      time.Time
}

// orders are the orders of the list by their names in URLs.
var orders = map[string]catalog.Order{"": catalog.ByNew, "title": catalog.ByTitle, "downloads": catalog.ByDownloads}

// items lists all items, drafts and unlisted ones too.
func items(x *visit) error {
	q := x.r.URL.Query()
	l := itemList{Search: q.Get("q"), Category: q.Get("category"), Order: q.Get("order"), First: q.Get("after") == ""}
	page, err := x.opts.Catalog.Page(x.r.Context(), catalog.Query{
		Search: l.Search, Category: l.Category, Order: orders[l.Order], After: q.Get("after"),
	})
	if err != nil {
		return pageFault(err)
	}
	if l.Categories, err = x.categories(); err != nil {
		return err
	}
	l.Total = page.Total
	now := time.Now()
	for i := range page.Items {
		l.Items = append(l.Items, rowOf(&page.Items[i], now))
	}
	at := func(page string) string {
		if page == "" {
			return ""
		}
		q.Set("after", page)
		return Path + "?" + q.Encode()
	}
	l.Previous, l.Next = at(page.Previous), at(page.Next)
	return x.show("items", shown{Title: "Items", Section: "items", Data: l})
}

// pageFault is an error of a list: of the URL, unless the database is to blame.
func pageFault(err error) error {
	if errors.Is(err, catalog.ErrUnavailable) || errors.Is(err, catalog.ErrUnsupported) {
		return err
	}
	return &fault{http.StatusBadRequest, sentence(err)}
}

func rowOf(l *catalog.Listed, now time.Time) itemRow {
	return itemRow{l.Slug, titleOf(&l.Item), stateOf(&l.Item, now), l.Category, l.Size, l.Downloads, l.Updated}
}

func titleOf(it *catalog.Item) string {
	if it.Title == "" {
		return it.Slug
	}
	return it.Title
}

// stateOf says in a word or two who gets the item now; "" is everybody.
func stateOf(it *catalog.Item, now time.Time) string {
	switch {
	case it.Draft:
		return "draft"
	case now.Before(it.Publish):
		return "scheduled"
	case !it.Expires.IsZero() && !now.Before(it.Expires):
		return "expired"
	case !it.Visible:
		return "unlisted"
	}
	return ""
}

// categories are the paths of all categories.
func (x *visit) categories() (paths []string, err error) {
	all, err := x.opts.Catalog.Categories(x.r.Context(), time.Time{})
	for _, c := range all {
		paths = append(paths, c.Path)
	}
	return paths, err
}

// newItem makes a draft of a file that is in a store already.
func newItem(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	f, err := x.picked(x.r.PostFormValue("store"), x.r.PostFormValue("key"))
	if err != nil {
		return err
	}
	x.changing.Lock()
	defer x.changing.Unlock()
	slug, err := x.draftOf(x.r.Context(), f)
	if err != nil {
		return err
	}
	return x.goTo(itemPath(slug), "This is a draft. Nobody sees it until you publish it.")
}

// itemLink is the URL at which an item is served.
func (h *Handler) itemLink(slug string) string {
	if h.opts.Item == nil {
		return ""
	}
	path, ok := h.opts.Item(slug)
	if !ok {
		return ""
	}
	return h.absolute(path)
}

// absolute is a path as a URL of the site.
func (h *Handler) absolute(path string) string {
	if h.opts.URL == "" {
		return path
	}
	return h.opts.URL + path[1:]
}

func withQuery(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
