package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/pelletier/go-toml/v2"

	"github.com/downlink-go/downlink/config"
)

// bound is what of wrangler.toml concerns the site.
type bound struct {
	Buckets []struct {
		Binding string `toml:"binding"`
	} `toml:"r2_buckets"`
	Databases []struct {
		Binding string `toml:"binding"`
	} `toml:"d1_databases"`
}

// checkBindings reports every binding of the configuration that wrangler.toml does
// not have: the Worker would answer 404 and 503 where it is used. Another form of
// wrangler's configuration is not looked at.
func checkBindings(c *config.Config, path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var b bound
	if err := toml.Unmarshal(text, &b); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var faults []error
	var buckets, databases []string
	for _, x := range b.Buckets {
		buckets = append(buckets, x.Binding)
	}
	for _, x := range b.Databases {
		databases = append(databases, x.Binding)
	}
	for _, s := range c.Stores {
		if !slices.Contains(buckets, s.Binding) {
			faults = append(faults, fmt.Errorf("%s has no bucket for the store %q: write [[r2_buckets]] with binding = %q and the bucket_name", path, s.Name, s.Binding))
		}
	}
	if c.Catalog.Driver == config.DriverD1 && !slices.Contains(databases, c.Catalog.Binding) {
		faults = append(faults, fmt.Errorf("%s has no database for the catalogue: write [[d1_databases]] with binding = %q, the database_name and its id", path, c.Catalog.Binding))
	}
	return errors.Join(faults...)
}
