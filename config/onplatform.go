package config

import (
	"fmt"
	"slices"
)

// kindsWithout are the views that a platform has no means for.
var kindsWithout = map[Platform][]string{OnWorkers: {KindPath, KindHTTP, KindOverlay, KindZip}}

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
		r.checkFiles(c, v, path, p)
		r.checkSends(c, v, path, p)
		if p == OnWorkers {
			r.checkOnWorkers(v, path)
		}
	}
	if p == OnServer && !c.Catalog.on(p) {
		r.fault("catalog.driver", "driver %s is not on a server: write it below [catalog.workers]", quote(c.Catalog.Driver))
	}
	for i, k := range c.Links.Keys {
		if p == OnWorkers && k.SecretFile != "" {
			r.fault(fmt.Sprintf("links.keys[%d].secret_file", i), "secret_file: there are no files on %v; write secret_env with the name of the secret's binding", p)
		}
	}
}

// checkFiles reports a view whose files are not on p.
func (r *report) checkFiles(c *Config, v View, path string, p Platform) {
	if slices.Contains(kindsWithout[p], v.Kind) {
		r.fault(path+".kind", "kind %s: there is none on %v; write platforms = [%q] into this view to leave it out there", v.Kind, p, p.other())
	}
	if s, found := c.Store(v.Store); v.Kind == KindStorage && found && !s.on(p) {
		r.fault(path+".store", "store %s is not on %v: %s, or write platforms = [%q] into this view", quote(v.Store), p, p.storeRemedy(s.Name), p.other())
	}
	if v.Kind == KindObject && !c.Catalog.on(p) {
		r.fault(path+".kind", "the catalogue is not on %v: write %s, or platforms = [%q] into this view", p, p.catalogRemedy(), p.other())
	}
}

// checkOnWorkers reports settings of a view that a Worker would pass over.
func (r *report) checkOnWorkers(v View, path string) {
	other := OnWorkers.other()
	if len(v.Precompressed) > 0 {
		r.fault(path+".precompressed", "precompressed files are not chosen on Workers, whose network compresses itself: take it out, or write platforms = [%q] into this view", other)
	}
	if v.Allow == AllowForwardAuth {
		r.fault(path+".allow", "allow = %q: nobody is asked on %v; write platforms = [%q] into this view to leave it out there", v.Allow, OnWorkers, other)
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
