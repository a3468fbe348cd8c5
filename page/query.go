package page

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/downlink-go/downlink/catalog"
)

// orders are the orders of a page by their names in URLs.
var orders = [...]Choice{
	catalog.ByTitle:     {Name: "title", Title: "Title"},
	catalog.ByNew:       {Name: "new", Title: "Newest"},
	catalog.ByDownloads: {Name: "downloads", Title: "Most downloaded"},
}

// query is what a URL asks for.
type query struct {
	category, search, order, after string
	by                             catalog.Order
}

// readQuery reads a URL's query, and reports whether it can be meant. What is no pair of
// a name and a value is left out, as names are that no page knows.
func readQuery(r *http.Request) (q query, ok bool) {
	values := r.URL.Query()
	q = query{category: values.Get("category"), search: strings.TrimSpace(values.Get("q")), order: values.Get("order"), after: values.Get("after")}
	if q.order == "" {
		q.order = orders[0].Name
	}
	for i, o := range orders {
		if o.Name == q.order {
			q.by = catalog.Order(i)
			return q, true
		}
	}
	return q, false
}

// everything reports whether the query is for the first page of all there is.
func (q query) everything() bool { return q.category == "" && q.search == "" && q.after == "" }

// url is the address of what the query asks for, at path.
func (q query) url(path string) string {
	values := url.Values{}
	for name, value := range map[string]string{"category": q.category, "q": q.search, "order": q.order, "after": q.after} {
		if value != "" && (name != "order" || value != orders[0].Name) {
			values.Set(name, value)
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}
