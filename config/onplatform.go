package config

import (
	"fmt"
	"slices"
	"strings"
)

// kindsWithout are the views that a platform has no means for.
var kindsWithout = map[Platform][]string{
	OnWorkers: {KindPath, KindHTTP, KindOverlay, KindZip},
	OnLambda:  {KindPath, KindHTTP, KindOverlay},
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
		r.checkFiles(c, v, path, p)
		r.checkSends(c, v, path, p)
		r.checkIgnored(c, v, path, p)
	}
	if p == OnServer && !c.Catalog.on(p) {
		r.fault("catalog.driver", "driver %s is not on a server: write it below [catalog.workers]", quote(c.Catalog.Driver))
	}
	if p != OnServer {
		r.checkSecrets(c, p)
	}
}

// checkSecrets reports files with secrets, where there are none.
func (r *report) checkSecrets(c *Config, p Platform) {
	remedy := map[Platform]string{
		OnWorkers: "write secret_env with the name of the secret's binding",
		OnLambda:  "write secret_env with the name of a variable",
	}[p]
	for i, k := range c.Links.Keys {
		if k.SecretFile != "" {
			r.fault(fmt.Sprintf("links.keys[%d].secret_file", i), "secret_file: there are no files on %v; %s", p, remedy)
		}
	}
	if p == OnLambda {
		r.checkTold(c)
	}
	for _, s := range c.Stores {
		at, key := s.in(p)
		if p != OnLambda || !s.on(p) {
			continue
		}
		if at.CredentialsFile != "" {
			r.fault(key+".credentials_file", "credentials_file: there are no files on %v, where the function's role says what it may: take it out%s", p, s.belowOwn(p))
		}
		if at.CloudFrontKeyFile != "" {
			r.fault(key+".cloudfront_key_file", "cloudfront_key_file: there are no files on %v; write cloudfront_key_env with the name of a variable", p)
		}
	}
	if at, key := c.Catalog.in(p); p == OnLambda && at.CredentialsFile != "" {
		r.fault(key+".credentials_file", "credentials_file: there are no files on %v, where the function's role says what it may: take it out, or write the catalogue as it is there below [catalog.lambda]", p)
	}
}

// checkTold reports files that those who are told of downloads would need on Lambda.
func (r *report) checkTold(c *Config) {
	if e := c.Tracking.Events; e != "" && e != Standard {
		r.fault("tracking.events", "events %s: there are no files on %v; write %q for the function's log", quote(e), OnLambda, Standard)
	}
	for i, w := range c.Webhooks {
		if w.SecretFile != "" {
			r.fault(fmt.Sprintf("webhooks[%d].secret_file", i), "secret_file: there are no files on %v; write secret_env with the name of a variable", OnLambda)
		}
	}
}

// belowOwn says where else to write what is different on p, if the store has no table
// for it yet.
func (s Store) belowOwn(p Platform) string {
	if s.own(p) != nil {
		return ""
	}
	return fmt.Sprintf(", or write the store as it is there below [stores.%s.%s]", s.Name, string(p))
}

// checkFiles reports a view whose files are not on p.
func (r *report) checkFiles(c *Config, v View, path string, p Platform) {
	if slices.Contains(kindsWithout[p], v.Kind) {
		r.fault(path+".kind", "kind %s: there is none on %v; write %s into this view to leave it out there", v.Kind, p, p.leftOut(c, v))
	}
	if s, found := c.Store(v.Store); v.Kind == KindStorage && found && !s.on(p) {
		r.fault(path+".store", "store %s is not on %v: %s, or write %s into this view", quote(v.Store), p, p.storeRemedy(s.Name), p.leftOut(c, v))
	}
	if v.Kind == KindObject && !c.Catalog.on(p) {
		r.fault(path+".kind", "the catalogue is not on %v: write %s, or %s into this view", p, p.catalogRemedy(), p.leftOut(c, v))
	}
}

// checkIgnored reports settings of a view that would be passed over on p.
func (r *report) checkIgnored(c *Config, v View, path string, p Platform) {
	if p == OnWorkers && len(v.Precompressed) > 0 {
		r.fault(path+".precompressed", "precompressed files are not chosen on Workers, whose network compresses itself: take it out, or write %s into this view", p.leftOut(c, v))
	}
	if p != OnServer && v.Allow == AllowForwardAuth {
		r.fault(path+".allow", "allow = %q: nobody is asked on %v; write %s into this view to leave it out there", v.Allow, p, p.leftOut(c, v))
	}
}

// leftOut is the setting by which a view is not for p, but for the other platforms
// that it can be for.
func (p Platform) leftOut(c *Config, v View) string {
	var left []string
	for _, other := range c.Platforms() {
		if other != p && v.on(other) && !slices.Contains(kindsWithout[other], v.Kind) {
			left = append(left, `"`+string(other)+`"`)
		}
	}
	switch {
	case left == nil && p == OnServer:
		left = []string{`"workers"`}
	case left == nil:
		left = []string{`"server"`}
	}
	return "platforms = [" + strings.Join(left, ", ") + "]"
}

func (p Platform) storeRemedy(name string) string {
	switch p {
	case OnWorkers:
		return fmt.Sprintf("write [stores.%s.workers] with driver = %q and a binding", name, DriverR2)
	case OnLambda:
		return fmt.Sprintf("write [stores.%s.lambda] with driver = %q and a bucket", name, DriverS3)
	}
	return fmt.Sprintf("write driver = %q and a path below [stores.%s], and what is there now below [stores.%s.workers]", DriverDir, name, name)
}

func (p Platform) catalogRemedy() string {
	switch p {
	case OnWorkers:
		return fmt.Sprintf("[catalog.workers] with driver = %q and a binding", DriverD1)
	case OnLambda:
		return fmt.Sprintf("[catalog.lambda] with driver = %q and a table", DriverDynamoDB)
	}
	return fmt.Sprintf("driver = %q below [catalog]", DriverSQLite)
}
