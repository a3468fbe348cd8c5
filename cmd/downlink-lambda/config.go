package main

import (
	_ "embed"
	"fmt"
	"os"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core/link"
)

// What the function was built from. The build command puts the operator's files in
// their place.
var (
	//go:embed downlink.toml
	builtConfig []byte
	//go:embed revoked.txt
	builtRevoked []byte
)

// load is the configuration as it is on Lambda, with the rules for links: what the
// function was built from, or the file of the bundle or of a layer that DOWNLINK_CONFIG
// names, with its files beside it.
func load() (c *config.Config, links link.Options, err error) {
	file := os.Getenv("DOWNLINK_CONFIG")
	text := builtConfig
	if file != "" {
		if text, err = os.ReadFile(file); err != nil {
			return nil, links, fmt.Errorf("DOWNLINK_CONFIG: %w", err)
		}
	}
	if c, err = parse(file, text); err != nil {
		return nil, links, err
	}
	if file != "" {
		links, err = c.Links.Options()
		return c, links, err
	}
	links, err = c.Links.OptionsRevoking("revoked.txt", builtRevoked)
	return c, links, err
}

func parse(file string, text []byte) (*config.Config, error) {
	if file == "" {
		file = "downlink.toml"
	}
	c, err := config.Parse(file, text)
	if err != nil {
		return nil, err
	}
	if c, err = c.For(config.OnLambda); err != nil {
		return nil, err
	}
	return c.Resolve(os.LookupEnv)
}
