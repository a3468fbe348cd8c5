package config

import "github.com/downlink-go/downlink/core"

var dynamoKeys = []string{"table", "region", "endpoint", "credentials_file", "timeout"}

// checkDynamoDB checks where a catalogue's table is.
func (r *report) checkDynamoDB(c Catalog, key string) {
	if c.Driver != DriverDynamoDB {
		return
	}
	if c.Table != "" && !isTable(c.Table) {
		r.fault(key+".table", `table %s: write the table's name, 3 to 255 letters, digits, "_", "-" and ".", such as "downlink"`, quote(c.Table))
	}
	if !core.ValidToken(c.Region) {
		r.fault(key+".region", `region %s: write one word, such as "eu-central-1"`, quote(c.Region))
	}
	if !isEndpoint(c.Endpoint) {
		r.fault(key+".endpoint", `endpoint %s: write the server's URL, such as "http://127.0.0.1:8000"`, quote(c.Endpoint))
	}
}

// isTable reports whether DynamoDB takes a name for that of a table, or it is that of
// a variable.
func isTable(name string) bool {
	if _, ok := variable(name); ok {
		return true
	}
	for _, c := range name {
		if !isWord(c) && c != '.' {
			return false
		}
	}
	return len(name) >= 3 && len(name) <= 255
}
