package page

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

// The JSON form of a view, which docs/http.md tells.
type (
	jsonView struct {
		Categories []jsonCategory `json:"categories"`
		Items      []jsonItem     `json:"items"`
		Total      int64          `json:"total"`
		Previous   string         `json:"previous,omitempty"`
		Next       string         `json:"next,omitempty"`
		Stores     []jsonStore    `json:"stores"`
	}
	jsonCategory struct {
		Path  []string `json:"path"`
		Title string   `json:"title"`
		Items int64    `json:"items"`
		URL   string   `json:"url"`
	}
	jsonItem struct {
		Slug      string     `json:"slug"`
		Title     string     `json:"title"`
		URL       string     `json:"url"`
		Image     string     `json:"image,omitempty"`
		Category  []string   `json:"category,omitempty"`
		Version   string     `json:"version,omitempty"`
		Size      *int64     `json:"size,omitempty"`
		Downloads int64      `json:"downloads"`
		Created   *time.Time `json:"created,omitempty"`
		Updated   *time.Time `json:"updated,omitempty"`
	}
	jsonStore struct {
		Name  string     `json:"name"`
		Files []jsonFile `json:"files"`
		More  bool       `json:"more"`
	}
	jsonFile struct {
		Name     string     `json:"name"`
		URL      string     `json:"url"`
		Size     *int64     `json:"size,omitempty"`
		Modified *time.Time `json:"modified,omitempty"`
	}
)

// serveJSON answers with a page of the offer or, if a part of it cannot be read, 503: a
// program would take a part for the whole.
func (x *Index) serveJSON(w http.ResponseWriter, r *http.Request) {
	v, ok := x.begin(w, r, JSONPath)
	if !ok {
		return
	}
	if v.failed() {
		Refuse(w, r, core.Refuse(503, "the list cannot be read"))
		return
	}
	body, err := json.Marshal(v.json())
	if err != nil {
		x.log().Error("index as JSON", "cause", err)
		Refuse(w, r, core.Refuse(500, ""))
		return
	}
	sendTagged(w, r, "application/json", append(body, '\n'))
}

func (v *View) json() jsonView {
	out := jsonView{Categories: []jsonCategory{}, Items: []jsonItem{}, Total: v.Total, Previous: v.Previous, Next: v.Next, Stores: []jsonStore{}}
	addJSON(&out.Categories, v.Categories)
	for _, it := range v.Items {
		j := jsonItem{Slug: it.Slug, Title: it.Title, URL: it.URL, Image: it.Image, Version: it.Version, Downloads: it.Downloads}
		if it.Category != "" {
			j.Category = strings.Split(it.Category, "/")
		}
		j.Size, j.Created, j.Updated = known(it.Size), moment(it.Created), moment(it.Updated)
		out.Items = append(out.Items, j)
	}
	for _, s := range v.Stores {
		j := jsonStore{Name: s.Name, Files: []jsonFile{}, More: s.More}
		for _, f := range s.Files {
			j.Files = append(j.Files, jsonFile{Name: f.name, URL: f.URL, Size: known(f.Size), Modified: moment(f.Modified)})
		}
		out.Stores = append(out.Stores, j)
	}
	return out
}

func addJSON(all *[]jsonCategory, categories []Category) {
	for _, c := range categories {
		*all = append(*all, jsonCategory{Path: strings.Split(c.Path, "/"), Title: c.Title, Items: c.Items, URL: c.URL})
		addJSON(all, c.Children)
	}
}

// known is a size, nil if it is unknown.
func known(size int64) *int64 {
	if size < 0 {
		return nil
	}
	return &size
}

// moment is a time in whole seconds, nil for none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}
