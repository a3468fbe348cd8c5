package sqlcat_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
)

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	driver, err := sqlcat.Open(filepath.Join(dir, "catalog.db"))
	if err != nil {
		panic(err)
	}
	items := catalog.New(driver)
	defer items.Close()
	ctx := context.Background()
	if err := items.Put(ctx, []catalog.Item{{Slug: "manual", Name: "Manual.pdf", Store: "files", Key: "m-7.pdf"}}); err != nil {
		panic(err)
	}
	item, err := items.Item(ctx, "manual")
	fmt.Println(item.Key, item.Name, err)
	// Output: m-7.pdf Manual.pdf <nil>
}
