package awscall

import (
	"fmt"
	"net/url"
	"strings"
)

// domains are those of AWS's partitions, by what the names of their regions begin with
// (partitions.json of AWS's SDKs); all others are below amazonaws.com.
var domains = [...]struct{ regions, domain string }{
	{"cn-", "amazonaws.com.cn"},
	{"eusc-", "amazonaws.eu"},
	{"us-iso-", "c2s.ic.gov"},
	{"us-isob-", "sc2s.sgov.gov"},
	{"us-isof-", "csp.hci.ic.gov"},
	{"eu-isoe-", "cloud.adc-e.uk"},
}

// Endpoint is where a service is: at endpoint if that is given, such as
// "http://127.0.0.1:8000", else at AWS's in the region.
func Endpoint(service, region, endpoint string) (*url.URL, error) {
	if endpoint == "" {
		return endpointOfAWS(service, region)
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf(`endpoint %q: write the URL of a server, such as "https://host:9000"`, endpoint)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

func endpointOfAWS(service, region string) (*url.URL, error) {
	if region == "" || strings.ContainsFunc(region, func(c rune) bool {
		return c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}) {
		return nil, fmt.Errorf("region %q: write the name of one, such as %q", region, "eu-central-1")
	}
	domain := "amazonaws.com"
	for _, d := range domains {
		if strings.HasPrefix(region, d.regions) {
			domain = d.domain
		}
	}
	return &url.URL{Scheme: "https", Host: service + "." + region + "." + domain, Path: "/"}, nil
}
