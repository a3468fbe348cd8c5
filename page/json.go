package page

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/downlink-go/downlink/core"
)

// The JSON form of an offer, which docs/http.md tells.
type (
	jsonOffer struct {
		Categories []jsonCategory `json:"categories"`
		Stores     []jsonStore    `json:"stores"`
		More       bool           `json:"more"` // items than these
	}
	jsonCategory struct {
		Path  []string   `json:"path"`
		Items []jsonItem `json:"items"`
	}
	jsonItem struct {
		Slug  string `json:"slug"`
		Title string `json:"title"`
		URL   string `json:"url"`
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

// serveJSON answers with the whole offer or, if a part of it cannot be read, 503: a
// program would take a part for the whole.
func (x *Index) serveJSON(w http.ResponseWriter, r *http.Request) {
	if !begin(w, r) {
		return
	}
	o := x.offer(r.Context())
	if o.failed() {
		Refuse(w, r, core.Refuse(503, "the list cannot be read"))
		return
	}
	body, err := json.Marshal(o.json())
	if err != nil {
		x.log().Error("index as JSON", "cause", err)
		Refuse(w, r, core.Refuse(500, ""))
		return
	}
	send(w, r, "application/json", append(body, '\n'))
}

func (o *offer) json() jsonOffer {
	out := jsonOffer{Categories: []jsonCategory{}, Stores: []jsonStore{}, More: o.MoreItems}
	for _, c := range o.Categories {
		j := jsonCategory{Path: append([]string{}, c.Path...)}
		for _, it := range c.Items {
			j.Items = append(j.Items, jsonItem(it))
		}
		out.Categories = append(out.Categories, j)
	}
	for _, l := range o.Stores {
		j := jsonStore{Name: l.Name, Files: []jsonFile{}, More: l.More}
		for _, f := range l.Files {
			j.Files = append(j.Files, f.json())
		}
		out.Stores = append(out.Stores, j)
	}
	return out
}

func (f file) json() jsonFile {
	j := jsonFile{Name: f.Folder + f.Name, URL: f.URL}
	if f.Size >= 0 {
		j.Size = &f.Size
	}
	if !f.Modified.IsZero() {
		t := f.Modified.UTC().Truncate(time.Second)
		j.Modified = &t
	}
	return j
}
