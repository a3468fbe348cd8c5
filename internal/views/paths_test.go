package views_test

import (
	"testing"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/internal/views"
)

// The links that the admin shows are those of the configuration's views.
func TestItemPaths(t *testing.T) {
	const text = "[stores.files]\npath = \"files\"\n[[views]]\npattern = \"/get/{slug}\"\nkind = \"object\"\n" +
		"[[views]]\npattern = \"/get/{slug}/v/{version}\"\nkind = \"object\"\npath = \"{slug}\"\nfield = \"@{version}\"\n"
	c, err := config.Parse("downlink.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	item, version := views.ItemPaths(c)
	if got, ok := item("a"); got != "/get/a" || !ok {
		t.Errorf("item at %q", got)
	}
	if got, ok := version("a", "1.0 b"); got != "/get/a/v/1.0%20b" || !ok {
		t.Errorf("version at %q", got)
	}
	c.Views = nil
	if item, version := views.ItemPaths(c); item != nil || version != nil {
		t.Error("paths without views")
	}
}
