package config

import (
	"fmt"
	"reflect"
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
)

var platforms = [...]Platform{OnServer, OnWorkers}

// String is the platform's name in a sentence.
func (p Platform) String() string {
	if p == OnWorkers {
		return "Workers"
	}
	return "a server"
}

// The drivers of stores.
const (
	DriverDir = "dir" // a directory of this machine
	DriverS3  = "s3"  // a bucket of S3 or of what speaks its API
	DriverR2  = "r2"  // a bucket of Cloudflare R2
)

// The drivers of the catalogue.
const (
	DriverSQLite = "sqlite" // a file
	DriverD1     = "d1"     // a database of Cloudflare D1
)

// driver is what a driver needs and where it runs.
type driver struct {
	on      []Platform
	keys    []string // that belong to it; others of its kind have no meaning
	needs   string   // the key that must be written; "" if none must
	example string   // of that key's value
}

var storeDrivers = map[string]driver{
	DriverDir: {on: []Platform{OnServer}, keys: append([]string{"path", "base_url"}, elsewhereKeys...), needs: "path", example: "/srv/files"},
	DriverS3:  {on: []Platform{OnServer}, keys: append(s3Keys, elsewhereKeys...), needs: "bucket", example: "my-downloads"},
	DriverR2:  {on: []Platform{OnWorkers}, keys: []string{"binding"}, needs: "binding", example: "FILES"},
}

var catalogDrivers = map[string]driver{
	DriverSQLite: {on: []Platform{OnServer}, keys: []string{"path"}},
	DriverD1:     {on: []Platform{OnWorkers}, keys: []string{"binding"}, needs: "binding", example: "DB"},
}

// kindsWithout are the views that a platform has no means for.
var kindsWithout = map[Platform][]string{OnWorkers: {KindPath, KindHTTP, KindOverlay, KindZip}}

// in is the store as it is on p, and the key of the table that says so.
func (s Store) in(p Platform) (Store, string) {
	key := "stores." + s.Name
	if p == OnWorkers && s.Workers != nil {
		at := *s.Workers
		at.Name = s.Name
		return at, key + ".workers"
	}
	return s, key
}

// on reports whether the store is there on p.
func (s Store) on(p Platform) bool {
	at, _ := s.in(p)
	return slices.Contains(storeDrivers[at.Driver].on, p)
}

func (c Catalog) in(p Platform) (Catalog, string) {
	if p == OnWorkers && c.Workers != nil {
		return *c.Workers, "catalog.workers"
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
// catalogue is there or a view names them, a server unless all stores are
// elsewhere.
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
	if slices.ContainsFunc(c.Stores, func(s Store) bool { return s.on(p) }) {
		return true
	}
	if p == OnServer {
		local := slices.ContainsFunc(c.Views, func(v View) bool { return v.Kind == KindPath && v.on(p) })
		return local || len(c.Stores) == 0 && c.Catalog.on(p)
	}
	named := func(v View) bool { return slices.Contains(v.Platforms, string(p)) }
	return c.Catalog.on(p) || slices.ContainsFunc(c.Views, named)
}

// For is the configuration as it is on p: the stores and the catalogue that are
// there, and the views that are for it. The error is Faults.
func (c *Config) For(p Platform) (*Config, error) {
	r := &report{source: c.source}
	if !c.isFor(p) {
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
	d.Stores, d.Views = nil, nil
	for _, s := range c.Stores {
		if !s.on(p) {
			continue
		}
		at, key := s.in(p)
		at.Workers = nil
		d.Stores = append(d.Stores, at)
		d.source.move(c.source, key, "stores."+s.Name)
	}
	var key string
	d.Catalog, key = c.Catalog.in(p)
	d.Catalog.Workers = nil
	d.source.move(c.source, key, "catalog")
	for i, v := range c.Views {
		from := fmt.Sprintf("views[%d]", i)
		unwritten := c.File != "" && !c.source.has(from)
		if !v.on(p) || unwritten && !c.Catalog.on(p) {
			continue
		}
		d.source.move(c.source, from, fmt.Sprintf("views[%d]", len(d.Views)))
		d.Views = append(d.Views, v)
	}
	return &d, nil
}

// notFor says why the configuration is not for p, and what would change that.
func (c *Config) notFor(p Platform) string {
	if p == OnWorkers {
		return fmt.Sprintf("%s says nothing about Workers: write [stores.NAME.workers] with driver = %q and a binding, or [catalog.workers]", c.File, DriverR2)
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

// checkPlatforms reports what cannot be on the platforms that the configuration
// is for.
func (r *report) checkPlatforms(c *Config) {
	for _, p := range c.Platforms() {
		r.checkPlatform(c, p)
	}
}

func (r *report) checkPlatform(c *Config, p Platform) {
	for i, v := range c.Views {
		path := fmt.Sprintf("views[%d]", i)
		if !r.has(path) || !v.on(p) || r.faulty(path+".platforms") {
			continue
		}
		if slices.Contains(kindsWithout[p], v.Kind) {
			r.fault(path+".kind", "kind %s: there is none on %v; write platforms = [%q] into this view to leave it out there", v.Kind, p, p.other())
		}
		if s, found := c.Store(v.Store); v.Kind == KindStorage && found && !s.on(p) {
			r.fault(path+".store", "store %s is not on %v: %s, or write platforms = [%q] into this view", quote(v.Store), p, p.storeRemedy(s.Name), p.other())
		}
		if p == OnWorkers && len(v.Precompressed) > 0 {
			r.fault(path+".precompressed", "precompressed files are not chosen on Workers, whose network compresses itself: take it out, or write platforms = [%q] into this view", p.other())
		}
		r.checkSends(c, v, path, p)
		if v.Allow == AllowForwardAuth && p == OnWorkers {
			r.fault(path+".allow", "allow = %q: nobody is asked on %v; write platforms = [%q] into this view to leave it out there", v.Allow, p, p.other())
		}
		if v.Kind == KindObject && !c.Catalog.on(p) {
			r.fault(path+".kind", "the catalogue is not on %v: write %s, or platforms = [%q] into this view", p, p.catalogRemedy(), p.other())
		}
	}
	for i, k := range c.Links.Keys {
		if p == OnWorkers && k.SecretFile != "" {
			r.fault(fmt.Sprintf("links.keys[%d].secret_file", i), "secret_file: there are no files on %v; write secret_env with the name of the secret's binding", p)
		}
	}
	if p == OnServer && !c.Catalog.on(p) {
		r.fault("catalog.driver", "driver %s is not on a server: write it below [catalog.workers]", quote(c.Catalog.Driver))
	}
}

// other is the word for a view that is not for p.
func (p Platform) other() string {
	if p == OnServer {
		return string(OnWorkers)
	}
	return string(OnServer)
}

func (p Platform) storeRemedy(name string) string {
	if p == OnWorkers {
		return fmt.Sprintf("write [stores.%s.workers] with driver = %q and a binding", name, DriverR2)
	}
	return fmt.Sprintf("write driver = %q and a path below [stores.%s], and what is there now below [stores.%s.workers]", DriverDir, name, name)
}

func (p Platform) catalogRemedy() string {
	if p == OnWorkers {
		return fmt.Sprintf("[catalog.workers] with driver = %q and a binding", DriverD1)
	}
	return fmt.Sprintf("driver = %q below [catalog]", DriverSQLite)
}

// checkDriver checks the keys of a store or a catalogue against its driver. own
// is the platform whose table it is in; "" in the common one.
func (r *report) checkDriver(table reflect.Value, path string, drivers map[string]driver, own Platform) {
	name := table.FieldByName("Driver").String()
	if r.faulty(path + ".driver") {
		return
	}
	d := drivers[name]
	if own != "" && !slices.Contains(d.on, own) {
		r.fault(path+".driver", "driver %s is not on %v: write driver = %q", quote(name), own, onlyOn(drivers, own))
		return
	}
	for _, other := range drivers {
		for _, key := range other.keys {
			if at := path + "." + key; !slices.Contains(d.keys, key) && r.has(at) && !r.faulty(at) {
				r.fault(path+"."+key, "%s is not for the driver %s: take it out, or change driver", key, quote(name))
			}
		}
	}
	if d.needs == "" {
		return
	}
	for _, f := range fields(table.Type()) {
		if f.name == d.needs && table.Field(f.index).IsZero() {
			r.fault(path+"."+d.needs, "%s is missing: write it, for example %s = %q", d.needs, d.needs, d.example)
		}
	}
}

// onlyOn is the first driver, by name, that runs on p.
func onlyOn(drivers map[string]driver, p Platform) string {
	var all []string
	for name, d := range drivers {
		if slices.Contains(d.on, p) {
			all = append(all, name)
		}
	}
	return slices.Min(all)
}

func (r *report) checkDrivers(c *Config) {
	for _, s := range c.Stores {
		key := "stores." + s.Name
		r.checkStoreTable(s, key, "")
		if s.Workers != nil {
			r.checkStoreTable(*s.Workers, key+".workers", OnWorkers)
		}
	}
	r.checkDriver(reflect.ValueOf(c.Catalog), "catalog", catalogDrivers, "")
	r.checkBinding("catalog.binding", c.Catalog.Binding)
	if w := c.Catalog.Workers; w != nil {
		r.checkDriver(reflect.ValueOf(*w), "catalog.workers", catalogDrivers, OnWorkers)
		r.checkBinding("catalog.workers.binding", w.Binding)
	}
}

func (r *report) checkStoreTable(s Store, key string, own Platform) {
	r.checkDriver(reflect.ValueOf(s), key, storeDrivers, own)
	r.checkURL(key+".base_url", s.BaseURL)
	r.checkBinding(key+".binding", s.Binding)
	r.checkS3(s, key)
	r.checkElsewhere(s, key)
}

// checkBinding checks the name of a binding: wrangler takes JavaScript variables.
func (r *report) checkBinding(key, name string) {
	if name == "" {
		return
	}
	for i, c := range name {
		if !isWord(c) || c == '-' || i == 0 && c >= '0' && c <= '9' {
			r.fault(key, `binding %s: write the binding's name in wrangler.toml, of letters, digits and _, such as "FILES"`, quote(name))
			return
		}
	}
}
