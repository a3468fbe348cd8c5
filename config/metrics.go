package config

import (
	"path/filepath"
	"strings"

	"github.com/downlink-go/downlink/core"
)

// Metrics is where the numbers for Prometheus are.
type Metrics struct {
	Listen string `toml:"listen"` // as Server.Listen; "" is nowhere
	Path   string `toml:"path"`   // beside the site's own; "" is nowhere
}

func (r *report) checkMetrics(c *Config) {
	m := c.Metrics
	switch path, unix := strings.CutPrefix(m.Listen, unixPrefix); {
	case m.Listen == "":
	case unix && !filepath.IsAbs(path), !unix && !isHostPort(m.Listen):
		r.fault("metrics.listen", `listen %s: write host:port such as "127.0.0.1:9100", or "unix:/run/downlink-metrics.sock"`, quote(m.Listen))
	case m.Listen == c.Server.Listen && !strings.HasSuffix(m.Listen, ":0"):
		r.fault("metrics.listen", `listen %s: the site is there; choose another address, or write path in place of listen`, quote(m.Listen))
	}
	if m.Path == "" {
		return
	}
	if core.CanonicalPath(m.Path) != m.Path {
		r.fault("metrics.path", `path %s: write the path of a URL, such as "/metrics"`, quote(m.Path))
		return
	}
	for _, p := range pages {
		if m.Path == p.path {
			r.fault("metrics.path", "path %s: %s is there; choose another", quote(m.Path), p.what)
		}
	}
	for _, v := range c.Views {
		if fitSame(v.Pattern, m.Path) {
			r.fault("metrics.path", "path %s: a view is there; choose another", quote(m.Path))
		}
	}
}
