// Package pages runs the ordinary pages of a site inside a Worker: an http.Handler
// in a Wasm module of its own, by syumai/workers. The shim (pages.mjs) makes an
// instance for each page that no cache has.
package pages

import (
	"encoding/json"
	"fmt"
)

// Site is what the module has to know of a site.
type Site struct {
	Catalog string    `json:"catalog"` // binding of the D1 database; "" lists no items
	Item    string    `json:"item"`    // pattern of the view of the items
	Image   string    `json:"image"`   // that of the view of their pictures; "" without one
	Files   []Listing `json:"files"`
}

// Listing is a view whose files are listed.
type Listing struct {
	Store   string `json:"store"`
	Bucket  string `json:"bucket"` // binding of the R2 bucket
	Prefix  string `json:"prefix"` // of the keys that are served
	Pattern string `json:"pattern"`
}

// Module is the text of offer.mjs, which hands the site to the module.
func (s Site) Module() ([]byte, error) {
	site, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(string(site))
	return fmt.Appendf(nil, "// Generated from downlink.toml.\nexport default %s\n", text), err
}
