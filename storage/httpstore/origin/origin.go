// Package origin reads which servers may be asked and which addresses dialled: the
// two lists by which httpstore keeps to the servers that were meant.
package origin

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Parse returns an origin (RFC 6454) in the form in which origins are
// compared: scheme, host and port, nothing left out. It refuses what is more than
// that, and hosts that are addresses written in any but the usual way.
func Parse(text string) (string, error) {
	u, err := url.Parse(text)
	if err == nil && (u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#")) {
		err = errors.New("there is more than scheme, host and port")
	}
	parsed := ""
	if err == nil {
		parsed, err = Of(u)
	}
	if err != nil {
		return "", fmt.Errorf(`origin %q: write scheme, host and port, such as "https://files.example" or "http://files.internal:8080": %w`, text, err)
	}
	return parsed, nil
}

// Of is the origin of an absolute http or https URL, in the form of Parse.
func Of(u *url.URL) (string, error) {
	port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if port == "" {
		return "", fmt.Errorf("scheme %q is neither http nor https", u.Scheme)
	}
	if u.User != nil {
		return "", errors.New("there is a user name in it")
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return "", fmt.Errorf("port %q is none", p)
		}
		port = strconv.FormatUint(n, 10)
	}
	host := strings.ToLower(u.Hostname())
	if err := checkHost(host); err != nil {
		return "", err
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return u.Scheme + "://" + host + ":" + port, nil
}

// checkHost accepts names of letters, digits and hyphens, and addresses as
// netip writes them: not 0x7f.1, 017700000001 or fe80::1%eth0, which resolvers
// read in ways of their own.
func checkHost(host string) error {
	if host == "" || len(host) > 253 {
		return errors.New("there is no host in it")
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" || a.String() != host {
			return fmt.Errorf("address %q is not written in the usual way", host)
		}
		return nil
	}
	last := host[strings.LastIndexByte(strings.TrimSuffix(host, "."), '.')+1:]
	if last == "" || last[0] >= '0' && last[0] <= '9' {
		return fmt.Errorf("host %q ends in a number and is no address", host)
	}
	for _, c := range host {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return fmt.Errorf("host %q: write internationalised names in their ASCII form (xn--…)", host)
		}
	}
	return nil
}
