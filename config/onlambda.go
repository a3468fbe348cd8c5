package config

import "math"

// defaultsOnLambda are for what the file does not say: the region is that of the
// function, the log is JSON as CloudWatch reads it, and clients are sent elsewhere for
// what does not fit into the function's answer.
func (c *Config) defaultsOnLambda() {
	if !c.source.has("log.format") {
		c.Log.Format = "json"
	}
	for i := range c.Stores {
		s, key := &c.Stores[i], "stores."+c.Stores[i].Name
		if !c.source.has(key + ".delivery") {
			s.Delivery = DeliveryAuto
		}
		if !c.source.has(key + ".redirect_min_bytes") {
			s.RedirectMinBytes = math.MaxInt
		}
		if !c.source.has(key + ".region") {
			s.Region = "$AWS_REGION"
		}
	}
	if c.Catalog.Driver == DriverDynamoDB && !c.source.has("catalog.region") {
		c.Catalog.Region = "$AWS_REGION"
	}
}
