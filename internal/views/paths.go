package views

import (
	"strings"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core"
)

// ItemPaths are where the first views of items and of their versions serve them, by
// slug and by version; nil without such a view.
func ItemPaths(c *config.Config) (item func(slug string) (path string, ok bool), version func(slug, name string) (path string, ok bool)) {
	for _, v := range c.Views {
		p, err := core.ParsePattern(v.Pattern)
		switch {
		case err != nil || v.Kind != config.KindObject || v.Path != "" && v.Path != "{slug}":
		case v.Field == "" && item == nil:
			item = p.URL
		case v.Field == catalog.VersionField("{version}") && version == nil:
			version = func(slug, name string) (string, bool) {
				escape := func(s string) string { return string(core.AppendEscapedPath(nil, s)) }
				return strings.NewReplacer("{slug}", escape(slug), "{version}", escape(name)).Replace(v.Pattern), true
			}
		}
	}
	return item, version
}
