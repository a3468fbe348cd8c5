package config

import (
	"net/url"
	"strings"

	"github.com/downlink-go/downlink/storage/httpstore/origin"
)

// checkOrigins checks whom a view of KindHTTP may ask.
func (r *report) checkOrigins(v View, path string) {
	key := path + ".origins"
	if r.faulty(key) {
		return
	}
	listed := map[string]bool{}
	for _, text := range v.Origins {
		parsed, err := origin.Parse(text)
		if err != nil {
			r.fault(key, "%v", err)
			return
		}
		listed[parsed] = true
	}
	base, _, _ := strings.Cut(v.URL, "{")
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || len(listed) == 0 || r.faulty(path+".url") {
		return
	}
	switch own, err := origin.Of(u); {
	case err != nil:
		r.fault(path+".url", "url %s: %v", quote(v.URL), err)
	case !listed[own]:
		r.fault(key, "origins has not the one of url: add %s", quote(u.Scheme+"://"+u.Host))
	}
}

func (r *report) checkHTTP(h HTTP) {
	if _, err := origin.ParseNetworks(h.Networks); err != nil {
		r.fault("http.networks", "%v", err)
	}
	if h.MaxHeaderBytes <= 0 {
		r.fault("http.max_header_bytes", "max_header_bytes must be more than 0; 65536 suits most servers")
	}
}
