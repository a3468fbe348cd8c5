package core

// Encodings returns the offered content codings that a client would rather have
// than the plain bytes, best first, by its Accept-Encoding field (RFC 9110
// §12.5.3). Of codings that it wants equally the one offered first goes first. A
// client that sends no field gets none: it may have any, but was not asked to.
//
// That none is left does not say that the client wants the plain bytes
// ("identity;q=0"): they are sent all the same, as the RFC allows.
func Encodings(accept string, offered []string) []string {
	if trimOWS(accept) == "" {
		return nil
	}
	plain, listed := weightOf(accept, "identity")
	if !listed {
		plain = 0 // acceptable, but a coding is better
	}
	var chosen []string
	var weights []int
	for _, coding := range offered {
		weight, _ := weightOf(accept, coding)
		if weight == 0 || weight < plain {
			continue
		}
		i := len(chosen)
		for i > 0 && weights[i-1] < weight {
			i--
		}
		chosen = append(chosen, "")
		weights = append(weights, 0)
		copy(chosen[i+1:], chosen[i:])
		copy(weights[i+1:], weights[i:])
		chosen[i], weights[i] = coding, weight
	}
	return chosen
}

// weightOf is the weight of a coding in thousandths, its own or that of "*", and
// whether there is one. The first member that names it counts; malformed members do
// not.
func weightOf(accept, coding string) (weight int, listed bool) {
	all, found := 0, false
	for rest, more := accept, true; more; {
		var member string
		member, rest, more = cutByte(rest, ',')
		name, w, ok := parseCoding(member)
		switch {
		case !ok:
		case sameCoding(name, coding):
			return w, true
		case name == "*" && !found:
			all, found = w, true
		}
	}
	return all, found
}

// sameCoding compares codings without regard to case; x-gzip is gzip (RFC 9110
// §8.4.1.3).
func sameCoding(a, b string) bool {
	return equalFold(a, b) || equalFold(a, "x-gzip") && equalFold(b, "gzip")
}

// parseCoding reads a member of Accept-Encoding: a coding or "*", and its weight
// (RFC 9110 §12.4.2), 1000 unless it is told.
func parseCoding(member string) (name string, weight int, ok bool) {
	name, rest, weighted := cutByte(member, ';')
	name = trimOWS(name)
	if !ValidToken(name) {
		return "", 0, false
	}
	if !weighted {
		return name, 1000, true
	}
	rest = trimOWS(rest)
	if len(rest) < 3 || lower(rest[0]) != 'q' || rest[1] != '=' {
		return "", 0, false
	}
	weight, ok = parseWeight(rest[2:])
	return name, weight, ok
}

// parseWeight reads a qvalue: 0 to 1 with at most three decimals.
func parseWeight(s string) (thousandths int, ok bool) {
	if s == "" || len(s) > 5 || s[0] != '0' && s[0] != '1' || len(s) > 1 && s[1] != '.' {
		return 0, false
	}
	thousandths = 1000 * int(s[0]-'0')
	scale := 100
	for i := 2; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		thousandths += scale * int(s[i]-'0')
		scale /= 10
	}
	return thousandths, thousandths <= 1000
}

// AppendCodedETag appends the entity-tag that a file has in a content coding: the
// plain one's with the coding inside the quotes. Two forms of a file never share a
// strong entity-tag so (RFC 9110 §8.8.3.3). "" stays "".
func AppendCodedETag(dst []byte, tag, coding string) []byte {
	if tag == "" || !ValidETag(tag) {
		return dst
	}
	dst = append(dst, tag[:len(tag)-1]...)
	dst = append(dst, '-')
	dst = append(dst, coding...)
	return append(dst, '"')
}

// Extension is what the name of a file in a content coding ends with, ".gz" for
// gzip; "" for a coding that is not kept in files.
func Extension(coding string) string {
	switch coding {
	case "br":
		return ".br"
	case "zstd":
		return ".zst"
	case "gzip":
		return ".gz"
	}
	return ""
}
