package main

import (
	_ "embed"
	"fmt"
	"os"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core/link"
)

var (
	// standard is what a program is told that the build command did not make.
	//go:embed downlink.toml
	standard []byte
	// builtRevoked is what the function was built with: the build command puts the
	// operator's file in its place.
	//go:embed revoked.txt
	builtRevoked []byte
)

// load is the configuration as it is on Lambda, with the rules for links: what the
// function was built from, or the file of the bundle or of a layer that DOWNLINK_CONFIG
// names, with its files beside it.
func load() (c *config.Config, links link.Options, err error) {
	file := os.Getenv("DOWNLINK_CONFIG")
	if c, err = read(file); err != nil {
		return nil, links, err
	}
	if c, err = c.Resolve(os.LookupEnv); err != nil {
		return nil, links, err
	}
	if file != "" {
		links, err = c.Links.Options()
		return c, links, err
	}
	links, err = c.Links.OptionsRevoking("revoked.txt", builtRevoked)
	return c, links, err
}

// read is the configuration of a file, or what the function was built from if that is "".
func read(file string) (*config.Config, error) {
	if file == "" {
		if c := built(); c != nil {
			return c, nil
		}
		return parse("downlink.toml", standard)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("DOWNLINK_CONFIG: %w", err)
	}
	return parse(file, text)
}

func parse(file string, text []byte) (*config.Config, error) {
	c, err := config.Parse(file, text)
	if err != nil {
		return nil, err
	}
	return c.For(config.OnLambda)
}
