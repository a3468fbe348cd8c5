package config

import (
	"reflect"
	"slices"
)

// The drivers of stores.
const (
	DriverDir = "dir" // a directory of this machine
	DriverS3  = "s3"  // a bucket of S3 or of what speaks its API
	DriverR2  = "r2"  // a bucket of Cloudflare R2
)

// The drivers of the catalogue.
const (
	DriverSQLite   = "sqlite"   // a file
	DriverPostgres = "postgres" // a database of PostgreSQL
	DriverD1       = "d1"       // a database of Cloudflare D1
	DriverDynamoDB = "dynamodb" // a table of Amazon DynamoDB
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
	DriverS3:  {on: []Platform{OnServer, OnLambda}, keys: append(s3Keys, elsewhereKeys...), needs: "bucket", example: "my-downloads"},
	DriverR2:  {on: []Platform{OnWorkers}, keys: []string{"binding"}, needs: "binding", example: "FILES"},
}

var catalogDrivers = map[string]driver{
	DriverPostgres: {on: []Platform{OnServer}, keys: postgresKeys, needs: "url", example: "postgres://downlink@db.example.org/downlink"},
	DriverSQLite:   {on: []Platform{OnServer}, keys: []string{"path"}},
	DriverD1:       {on: []Platform{OnWorkers}, keys: []string{"binding"}, needs: "binding", example: "DB"},
	DriverDynamoDB: {on: []Platform{OnServer, OnLambda}, keys: dynamoKeys, needs: "table", example: "downlink"},
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
		for _, p := range platforms {
			if own := s.own(p); own != nil {
				r.checkStoreTable(*own, key+"."+string(p), p)
			}
		}
	}
	r.checkCatalogTable(c.Catalog, "catalog", "")
	for _, p := range platforms {
		if own := c.Catalog.own(p); own != nil {
			r.checkCatalogTable(*own, "catalog."+string(p), p)
		}
	}
}

func (r *report) checkCatalogTable(c Catalog, key string, own Platform) {
	r.checkDriver(reflect.ValueOf(c), key, catalogDrivers, own)
	r.checkBinding(key+".binding", c.Binding)
	r.checkPostgres(c, key)
	r.checkDynamoDB(c, key)
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
