package sqlcat_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := sqlcat.Open(filepath.Join(dir, "catalog.db"))
	if err != nil {
		log.Fatal(err)
	}
	c := catalog.New(store)
	defer c.Close()

	ctx := context.Background()
	err = c.Put(ctx, []catalog.Item{{Slug: "manual", Title: "The manual", Store: "files", Key: "manuals/a.pdf", Visible: true}})
	if err != nil {
		log.Fatal(err)
	}
	it, err := c.Item(ctx, "manual")
	fmt.Println(it.Title, it.Key, err)
	_, err = c.Item(ctx, "handbook")
	fmt.Println(err)
	// Output:
	// The manual manuals/a.pdf <nil>
	// item "handbook": no such item
}
