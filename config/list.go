package config

import (
	"strings"

	"github.com/downlink-go/downlink/core"
)

// ListedBelow is what the keys of a listed view's files begin with, and whether
// the view can be listed at all: its pattern has one variable and its path ends
// with it, so that the URL of a key is known.
func (v View) ListedBelow() (prefix string, ok bool) {
	p, err := core.ParsePattern(v.Pattern)
	if err != nil {
		return "", false
	}
	if _, ok := p.URL("x"); !ok {
		return "", false
	}
	path := v.Path
	if path == "" {
		return "", true
	}
	prefix, variable, found := strings.Cut(path, "{")
	return prefix, found && strings.Count(path, "{") == 1 && strings.IndexByte(variable, '}') == len(variable)-1
}

// Position is the line and column where a key such as "server.listen" or
// "offload[0].destination" was written or, failing that, the table around it; zeros
// without a file.
func (c *Config) Position(key string) (line, column int) {
	p := c.source.position(key)
	return p.line, p.column
}
