package link

// address is an IP address of 16 bytes, one of IPv4 in its mapped form
// (RFC 4291 §2.5.5.2).
type address [16]byte

const ipv4Bits = 96 // of the mapped form's prefix

// contains reports whether the network, a valid one, holds the client's address,
// which may be followed by a port, or stand in brackets and be followed by one.
func contains(network, client string) bool {
	base, bits, ok := parseNetwork(network)
	if !ok {
		return false
	}
	a, _, ok := parseAddress(withoutPort(client))
	return ok && a.masked(bits) == base
}

func validNetwork(s string) bool {
	base, bits, ok := parseNetwork(s)
	return ok && len(s) <= maxNetwork && base.masked(bits) == base
}

// parseNetwork reads "address/length"; bits counts from the front of 128.
func parseNetwork(s string) (a address, bits int, ok bool) {
	text, length, found := cut(s, '/')
	if _, _, zone := cut(text, '%'); !found || zone {
		return a, 0, false
	}
	a, v4, ok := parseAddress(text)
	n, numeric := number(length)
	bits = int(n)
	if v4 {
		bits += ipv4Bits
	}
	return a, bits, ok && numeric && bits <= 128
}

// masked is a with only its first bits.
func (a address) masked(bits int) address {
	for i := range a {
		switch left := bits - 8*i; {
		case left <= 0:
			a[i] = 0
		case left < 8:
			a[i] &= 0xff << (8 - left)
		}
	}
	return a
}

// withoutPort cuts ":port" off, and brackets; a bare IPv6 address stays whole.
func withoutPort(s string) string {
	if s != "" && s[0] == '[' {
		inner, _, _ := cut(s[1:], ']')
		return inner
	}
	host, rest, found := cut(s, ':')
	if _, _, more := cut(rest, ':'); found && !more {
		return host
	}
	return s
}

// parseAddress reads an IPv4 address in four decimal numbers or an IPv6 address
// (RFC 4291 §2.2). A zone is cut off. v4 says that it was written as IPv4.
func parseAddress(s string) (a address, v4, ok bool) {
	if _, _, colon := cut(s, ':'); !colon {
		a[10], a[11] = 0xff, 0xff
		return a, true, parseIPv4(a[12:], s)
	}
	s, zone, scoped := cut(s, '%')
	if scoped && zone == "" {
		return a, false, false
	}
	n, gap := 0, -1 // bytes so far, and how many came before "::"
	if len(s) > 1 && s[:2] == "::" {
		gap, s = 0, s[2:]
	}
	for s != "" {
		group, rest, more := cut(s, ':')
		if _, _, dotted := cut(group, '.'); dotted {
			if more || n > 12 || !parseIPv4(a[n:n+4], group) {
				return a, false, false
			}
			n, s = n+4, ""
			break
		}
		v, good := parseHex(group)
		if !good || n > 14 {
			return a, false, false
		}
		a[n], a[n+1] = byte(v>>8), byte(v)
		n, s = n+2, rest
		switch {
		case more && rest == "": // a colon at the end
			return a, false, false
		case more && rest[0] == ':':
			if gap >= 0 {
				return a, false, false
			}
			gap, s = n, rest[1:]
		}
	}
	if (gap < 0) != (n == 16) {
		return a, false, false
	}
	if gap >= 0 {
		copy(a[16-(n-gap):], a[gap:n])
		clear(a[gap : 16-(n-gap)])
	}
	return a, false, true
}

func parseIPv4(dst []byte, s string) bool {
	for i := range 4 {
		part, rest, more := cut(s, '.')
		n, ok := number(part)
		if !ok || n > 255 || more != (i < 3) {
			return false
		}
		dst[i], s = byte(n), rest
	}
	return true
}

func parseHex(s string) (v uint16, ok bool) {
	if s == "" || len(s) > 4 {
		return 0, false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		v = v<<4 | uint16(c)
	}
	return v, true
}

// cut splits s at the first c.
func cut(s string, c byte) (before, after string, found bool) {
	for i := 0; i < len(s); i++ {
		if s[i] == c {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}
