package origin

import (
	"fmt"
	"net/netip"
)

// Public reports whether an address is one of the Internet at large: not of this
// machine, a private network, a link, a test, a tunnel or a multicast group (IANA's
// special-purpose registries, RFC 6890).
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	if a.Is6() && !global6.Contains(a) {
		return false // NAT64 (64:ff9b::/96), unique local, link-local, multicast…
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// global6 is what of IPv6 is given out for global unicast.
var global6 = netip.MustParsePrefix("2000::/3")

// special are networks of special purpose.
var special = prefixes(
	"0.0.0.0/8",       // this network (RFC 791)
	"10.0.0.0/8",      // private (RFC 1918)
	"100.64.0.0/10",   // shared by carriers (RFC 6598)
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local, and the metadata of clouds
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments (RFC 6890)
	"192.0.2.0/24",    // documentation (RFC 5737)
	"192.31.196.0/24", // AS112 (RFC 7535)
	"192.52.193.0/24", // AMT (RFC 7450)
	"192.88.99.0/24",  // 6to4 relays (RFC 7526)
	"192.168.0.0/16",  // private
	"192.175.48.0/24", // AS112 (RFC 7534)
	"198.18.0.0/15",   // benchmarks (RFC 2544)
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, and broadcast
	"2001::/23",       // protocol assignments: Teredo, ORCHID, benchmarks
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4, which wraps any IPv4 address
	"2620:4f:8000::/48",
	"3fff::/20", // documentation (RFC 9637)
)

func prefixes(all ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(all))
	for i, text := range all {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// ParseNetworks reads networks such as "10.0.0.0/8" or "fd00::/8"; an address
// alone is a network of one.
func ParseNetworks(texts []string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if a, single := netip.ParseAddr(text); single == nil && a.Zone() == "" {
			p, err = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
		}
		if err != nil || p.Masked() != p {
			return nil, fmt.Errorf(`network %q: write an address and the length of its prefix, with no bit set behind it, such as "10.0.0.0/8"`, text)
		}
		list = append(list, p)
	}
	return list, nil
}
