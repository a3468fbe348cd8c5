package httpstore

import (
	"net/netip"
	"syscall"

	"github.com/downlink-go/downlink/storage/httpstore/origin"
)

// control is asked about every address before it is dialled, after names were
// resolved and whatever they resolve to the next time.
func (c *Client) control(network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return badGateway("network %s is not dialled", network)
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return badGateway("address %q: %w", address, err)
	}
	if !c.mayDial(at.Addr()) {
		return badGateway("address %s is not public: allow its network if it is meant", at.Addr())
	}
	return nil
}

// mayDial reports whether an address is public or in a network that was allowed.
func (c *Client) mayDial(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	for _, p := range c.opts.Networks {
		if p.Contains(a) {
			return true
		}
	}
	return origin.Public(a)
}
