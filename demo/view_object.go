package demo

import (
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// Items of a catalogue by slug. What an item says of its file, such as its name, goes
// before what the view says.
func object(items *catalog.Catalog, stores map[string]*storage.Store) download.Route {
	return download.Route{
		Pattern: "/object/{slug}",
		View:    &download.ObjectView{Catalog: items, Stores: stores},
	}
}

// Another file of the same item, by its field.
func picture(items *catalog.Catalog, stores map[string]*storage.Store) download.Route {
	return download.Route{
		Pattern: "/object/{slug}/picture",
		View:    &download.ObjectView{Catalog: items, Stores: stores, Field: "picture"},
	}
}
