package config

import "strings"

// Resolve is the configuration with the values of environment variables where it has
// their names: "$NAME" as the whole of a store's bucket, region, endpoint or prefix, or
// of the catalogue's url, table, region or endpoint.
// env is as os.LookupEnv. The error is Faults.
func (c *Config) Resolve(env func(name string) (value string, found bool)) (*Config, error) {
	r := &report{source: c.source}
	d := *c
	d.Stores = append([]Store(nil), c.Stores...)
	for i := range d.Stores {
		s, key := &d.Stores[i], "stores."+d.Stores[i].Name
		for _, v := range [...]struct {
			name  string
			value *string
		}{{"bucket", &s.Bucket}, {"region", &s.Region}, {"endpoint", &s.Endpoint}, {"prefix", &s.Prefix}, {"cloudfront_url", &s.CloudFrontURL}, {"cloudfront_key_id", &s.CloudFrontKeyID}} {
			r.resolve(key+"."+v.name, v.value, env)
		}
		if s.CloudFrontURL == "" {
			s.CloudFrontKeyID, s.CloudFrontKeyFile, s.CloudFrontKeyEnv = "", "", ""
		}
		s.endURL()
		r.checkS3(*s, key)
		r.checkCloudFront(*s, key)
		r.checkElsewhereURL(key+".cloudfront_url", s.CloudFrontURL, "https://d111111abcdef8.cloudfront.net/")
	}
	d.Catalog = r.resolveCatalog(c.Catalog, env)
	return faultless(&d, r)
}

// ResolveCatalog is Resolve for the catalogue alone, where no store is asked.
func (c *Config) ResolveCatalog(env func(name string) (value string, found bool)) (Catalog, error) {
	r := &report{source: c.source}
	at := r.resolveCatalog(c.Catalog, env)
	return at, r.err()
}

func (r *report) resolveCatalog(c Catalog, env func(string) (string, bool)) Catalog {
	r.resolve("catalog.table", &c.Table, env)
	r.resolve("catalog.region", &c.Region, env)
	r.resolve("catalog.endpoint", &c.Endpoint, env)
	r.resolve("catalog.url", &c.URL, env)
	r.checkPostgres(c, "catalog")
	r.checkDynamoDB(c, "catalog")
	return c
}

// resolve puts a variable's value in place of its name. A variable that is not there
// is a fault; only a bucket's and a table's must not be empty.
func (r *report) resolve(key string, value *string, env func(string) (string, bool)) {
	name, ok := variable(*value)
	if !ok {
		return
	}
	text, found := env(name)
	if !found {
		r.fault(key, "%s: the environment has no variable %s: set it, or write the value itself", quote(*value), name)
		return
	}
	for _, what := range [...]string{"bucket", "table"} {
		if text == "" && strings.HasSuffix(key, "."+what) {
			r.fault(key, "%s: the environment's variable %s is empty: set it to the name of the %s", quote(*value), name, what)
		}
	}
	*value = text
}

// variable is the name in "$NAME", also with the slash that was added to a prefix, and
// whether there is one.
func variable(value string) (name string, ok bool) {
	name, ok = strings.CutPrefix(strings.TrimSuffix(value, "/"), "$")
	return name, ok && isVariable(name)
}
