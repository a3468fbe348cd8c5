// Package workers puts Downlink on Cloudflare Workers. core.wasm (package
// cmd/downlink-worker/core) plans and decides inside a warm instance; the modules in
// shim ask it synchronously, look up in D1 and hand on R2's streams, whose bytes never
// enter Wasm. Package wire is the border between the two.
package workers

import (
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/downlink-go/downlink/adapters/workers/wire"
)

// Shim is the JavaScript of the Worker, in the folder "shim"; worker.mjs is the
// entry. Beside it there have to be core.wasm and what Site.Module makes.
//
//go:embed shim/*.mjs
var Shim embed.FS

// Site is a site as a Worker serves it: what the modules need to know, and nothing
// secret.
type Site struct {
	wire.Site
	// Stores is the binding of the R2 bucket of each store, by the store's name.
	Stores map[string]string
	// Catalog is the binding of the D1 database; "" if no route serves items.
	Catalog string
	// Secrets is the binding of each key of signed links, by the key's id.
	Secrets map[string]string
	// Resume is how long a download by a link with a use limit may be gone on with.
	Resume time.Duration
}

// Module is the text of site.mjs.
func (s Site) Module() ([]byte, error) {
	routes, err := wire.AppendSite(nil, s.Site)
	if err != nil {
		return nil, err
	}
	secrets := s.Secrets
	if secrets == nil {
		secrets = map[string]string{} // null would be no object to JavaScript
	}
	text, err := json.MarshalIndent(struct {
		Stores  map[string]string `json:"stores"`
		Catalog string            `json:"catalog"`
		Secrets map[string]string `json:"secrets"`
		Resume  float64           `json:"resume"` // seconds
		Routes  string            `json:"routes"`
	}{s.Stores, s.Catalog, secrets, s.Resume.Seconds(), base64.StdEncoding.EncodeToString(routes)}, "", "  ")
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "// Generated from downlink.toml.\nexport default %s\n", text), nil
}
