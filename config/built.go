package config

import (
	"slices"
	"strings"
)

// Place is where the file has a key; Line and Column count from 1.
type Place struct {
	Key          string
	Line, Column int
}

// Places are where the file has each key of the configuration, in the order of their
// names.
func (c *Config) Places() []Place {
	all := make([]Place, 0, len(c.source.at))
	for key, at := range c.source.at {
		all = append(all, Place{key, at.line, at.column})
	}
	slices.SortFunc(all, func(a, b Place) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// Built is a configuration that was read and checked when a program was built, with the
// places of its keys: c.File is the file's name. It points faults of what [Config.Resolve]
// finds out at the same lines.
func Built(c Config, places []Place) *Config {
	c.source = source{file: c.File, at: make(map[string]position, len(places))}
	for _, p := range places {
		c.source.at[p.Key] = position{p.Line, p.Column}
	}
	return &c
}
