package jsonl_test

import (
	"fmt"
	"strings"

	"github.com/downlink-go/downlink/catalog/jsonl"
)

func ExampleRead() {
	file := strings.NewReader(`{"slug": "manual", "title": "The manual", "key": "manuals/a.pdf"}
{"slug": "manual", "key": "manuals/b.pdf", "visible": "no"}
{"slug": "driver", "key": "/driver.zip", "sotre": "files"}
`)
	_, err := jsonl.Read(file, []string{"files"}, "")
	fmt.Println(err)
	// Output:
	// line 2: visible is a string: write true or false, without quotes
	// line 2: slug "manual" is already on line 1: a slug is unique
	// line 3: unknown key "sotre": did you mean "store"?
	// line 3: key "/driver.zip": empty or dot segment in the path: a key is a relative path such as "manuals/a.pdf"
}
