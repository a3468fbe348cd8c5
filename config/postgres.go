package config

import "net/url"

var postgresKeys = []string{"url", "max_connections", "lock_wait", "statement_wait"}

// checkPostgres checks where a catalogue's database is, and its limits. The URL may
// have a password, which no fault repeats.
func (r *report) checkPostgres(c Catalog, key string) {
	if c.Driver != DriverPostgres {
		return
	}
	if !isPostgres(c.URL) {
		r.fault(key+".url", `url is no URL of a PostgreSQL database: write such as "postgres://user@host/name", or "$NAME" for a variable that has it`)
	}
	if c.MaxConnections < 1 {
		r.fault(key+".max_connections", "max_connections %d: write 1 or more", c.MaxConnections)
	}
}

func isPostgres(text string) bool {
	if _, later := variable(text); later || text == "" {
		return true
	}
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql")
}
