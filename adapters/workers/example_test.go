package workers_test

import (
	"fmt"
	"strings"

	"github.com/downlink-go/downlink/adapters/workers"
	"github.com/downlink-go/downlink/adapters/workers/wire"
	"github.com/downlink-go/downlink/core"
)

// The Worker of a site is the shim's modules, core.wasm and this module.
func ExampleSite_Module() {
	site := workers.Site{
		Site:    wire.Site{Routes: []core.Route{{Pattern: "/files/{path...}", Lookup: core.Object, Source: "public"}}},
		Stores:  map[string]string{"public": "FILES"},
		Catalog: "DB",
	}
	module, err := site.Module()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Contains(string(module), `"public": "FILES"`))

	site.Routes = []core.Route{{Pattern: "/local/{path...}", Lookup: core.File, Source: "/srv"}}
	_, err = site.Module()
	fmt.Println(err)
	// Output:
	// true
	// pattern /local/{path...}: a Worker serves the objects of a store and the items of the catalogue, no file
}
