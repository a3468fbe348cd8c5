package config

import (
	"fmt"
	"slices"
	"strings"
)

// Platform is where a configuration is run. One file serves all of them: a store
// and the catalogue may have a table for a platform that takes their place there,
// and a view may be for some platforms only.
type Platform string

// The platforms.
const (
	OnServer  Platform = "server"  // a machine: `downlink serve`
	OnWorkers Platform = "workers" // Cloudflare Workers
	OnLambda  Platform = "lambda"  // AWS Lambda
)

var platforms = [...]Platform{OnServer, OnWorkers, OnLambda}

// String is the platform's name in a sentence.
func (p Platform) String() string {
	switch p {
	case OnWorkers:
		return "Workers"
	case OnLambda:
		return "Lambda"
	}
	return "a server"
}

// own is the table that takes the store's place on p, nil if nothing does.
func (s Store) own(p Platform) *Store {
	switch p {
	case OnWorkers:
		return s.Workers
	case OnLambda:
		return s.Lambda
	}
	return nil
}

// in is the store as it is on p, and the key of the table that says so.
func (s Store) in(p Platform) (Store, string) {
	key := "stores." + s.Name
	if own := s.own(p); own != nil {
		at := *own
		at.Name = s.Name
		return at, key + "." + string(p)
	}
	return s, key
}

// on reports whether the store is there on p.
func (s Store) on(p Platform) bool {
	at, _ := s.in(p)
	return slices.Contains(storeDrivers[at.Driver].on, p)
}

// own is the table that takes the catalogue's place on p, nil if nothing does.
func (c Catalog) own(p Platform) *Catalog {
	switch p {
	case OnWorkers:
		return c.Workers
	case OnLambda:
		return c.Lambda
	}
	return nil
}

// in is the catalogue as it is on p, and the key of the table that says so.
func (c Catalog) in(p Platform) (Catalog, string) {
	if own := c.own(p); own != nil {
		return *own, "catalog." + string(p)
	}
	return c, "catalog"
}

func (c Catalog) on(p Platform) bool {
	at, _ := c.in(p)
	return slices.Contains(catalogDrivers[at.Driver].on, p)
}

// on reports whether the view is for p.
func (v View) on(p Platform) bool {
	return len(v.Platforms) == 0 || slices.Contains(v.Platforms, string(p))
}

// meets reports whether there is a platform that both views are for.
func (v View) meets(w View) bool {
	return slices.ContainsFunc(platforms[:], func(p Platform) bool { return v.on(p) && w.on(p) })
}

// Platforms are those that the configuration is for: Workers if a store or the
// catalogue is there or a view names them, Lambda if a table or a view names it, a
// server unless all stores are elsewhere.
func (c *Config) Platforms() []Platform {
	var all []Platform
	for _, p := range platforms {
		if c.isFor(p) {
			all = append(all, p)
		}
	}
	return all
}

func (c *Config) isFor(p Platform) bool {
	named := slices.ContainsFunc(c.Views, func(v View) bool { return slices.Contains(v.Platforms, string(p)) })
	switch p {
	case OnServer:
		local := slices.ContainsFunc(c.Views, func(v View) bool { return v.Kind == KindPath && v.on(p) })
		return c.hasStoreOn(p) || local || len(c.Stores) == 0 && c.Catalog.on(p)
	case OnLambda: // what is there is mostly on a server too
		return named || c.Catalog.Lambda != nil || slices.ContainsFunc(c.Stores, func(s Store) bool { return s.Lambda != nil })
	}
	return named || c.hasStoreOn(p) || c.Catalog.on(p)
}

func (c *Config) hasStoreOn(p Platform) bool {
	return slices.ContainsFunc(c.Stores, func(s Store) bool { return s.on(p) })
}

// For is the configuration as it is on p: the stores and the catalogue that are
// there, and the views that are for it. A file whose stores are on Lambda does not
// have to say that it is for Lambda. The error is Faults.
func (c *Config) For(p Platform) (*Config, error) {
	r := &report{source: c.source}
	if !c.isFor(p) && (p != OnLambda || !c.hasStoreOn(p)) {
		r.faultAt(position{}, "", "%s", c.notFor(p))
		return nil, r.err()
	}
	r.checkPlatform(c, p)
	if err := r.err(); err != nil {
		return nil, err
	}
	d := *c
	d.source.at = map[string]position{}
	for key, at := range c.source.at {
		if !strings.HasPrefix(key, "views[") {
			d.source.at[key] = at
		}
	}
	d.takeStores(c, p)
	d.takeViews(c, p)
	if p == OnLambda {
		d.defaultsOnLambda()
	}
	return &d, nil
}

// takeStores has the stores and the catalogue be those of c on p.
func (d *Config) takeStores(c *Config, p Platform) {
	d.Stores = nil
	for _, s := range c.Stores {
		if !s.on(p) {
			continue
		}
		at, key := s.in(p)
		at.Workers, at.Lambda = nil, nil
		d.Stores = append(d.Stores, at)
		d.source.move(c.source, key, "stores."+s.Name)
	}
	var key string
	d.Catalog, key = c.Catalog.in(p)
	d.Catalog.Workers, d.Catalog.Lambda = nil, nil
	d.source.move(c.source, key, "catalog")
}

// takeViews has the views be those of c for p. The view that nobody wrote is there
// only with a catalogue.
func (d *Config) takeViews(c *Config, p Platform) {
	d.Views = nil
	for i, v := range c.Views {
		from := fmt.Sprintf("views[%d]", i)
		unwritten := c.File != "" && !c.source.has(from)
		if !v.on(p) || unwritten && !c.Catalog.on(p) {
			continue
		}
		d.source.move(c.source, from, fmt.Sprintf("views[%d]", len(d.Views)))
		d.Views = append(d.Views, v)
	}
}

// notFor says why the configuration is not for p, and what would change that.
func (c *Config) notFor(p Platform) string {
	switch p {
	case OnWorkers:
		return fmt.Sprintf("%s says nothing about Workers: write [stores.NAME.workers] with driver = %q and a binding, or [catalog.workers]", c.File, DriverR2)
	case OnLambda:
		return fmt.Sprintf("%s has no store that is on Lambda: write [stores.NAME.lambda] with driver = %q and a bucket", c.File, DriverS3)
	}
	for _, s := range c.Stores {
		if s.on(OnWorkers) {
			return fmt.Sprintf("%s: the store %q is on Workers only, and so is all that this file serves: to serve it from this machine too, write driver = %q and a path below [stores.%s], and what is there now below [stores.%s.workers]",
				c.File, s.Name, DriverDir, s.Name, s.Name)
		}
	}
	return fmt.Sprintf("%s: its catalogue is on Workers only, and so is all that this file serves", c.File)
}

// move has the keys at and below one key of another source be those of key.
func (s *source) move(from source, old, key string) {
	for k, at := range from.at {
		rest, ok := strings.CutPrefix(k, old)
		if ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			s.at[key+rest] = at
		}
	}
}
