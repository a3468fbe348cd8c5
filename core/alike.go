package core

// readAlike reports whether a front server that gets the file by Offload reads
// the request as Decide does. It looks at Range and at the preconditions again,
// and what is odd it reads in its own way: nginx answers 416 to a Range that is
// to be ignored, joins no ranges, evaluates If-Unmodified-Since beside If-Match, and
// by the date of its file where another one is sent, or none; Apache and lighttpd find
// dates in what is none. Such requests are rare; where they can, they are streamed. A front server that obeys reads nothing, but
// sends one range at most.
func (f *facts) readAlike() bool {
	r := f.r
	switch {
	case f.c.FrontObeys:
		return len(f.d.Spans) <= 1
	case r.IfMatch != "" && (r.IfUnmodifiedSince != "" || !f.c.FrontKnowsETag || !plainList(r.IfMatch)),
		r.IfNoneMatch != "" && !plainList(r.IfNoneMatch),
		r.IfModifiedSince != "" && r.IfNoneMatch == "" && !plainDate(r.IfModifiedSince),
		r.IfUnmodifiedSince != "" && (!f.c.FrontKnowsETag || !plainDate(r.IfUnmodifiedSince)):
		return false
	case r.Range == "" || f.result == unsatisfiable: // the latter is answered here
		return true
	case r.IfRange != "" && !strongETag(r.IfRange) && !plainDate(r.IfRange):
		return false
	}
	return f.size > 0 && plainRange(r.Range)
}

// plainList reports "*" or a well-formed list of entity-tags.
func plainList(list string) bool {
	if list == "*" {
		return true
	}
	for more := true; more; {
		n := scanETag(list)
		if n == 0 {
			return false
		}
		list = trimOWS(list[n:])
		if list != "" && list[0] != ',' {
			return false
		}
		if more = list != ""; more {
			list = trimOWS(list[1:])
		}
	}
	return true
}

// strongETag reports a single entity-tag that is not weak: nginx lets a weak one stand
// in If-Range if the file has the same.
func strongETag(s string) bool { n := scanETag(s); return n > 0 && n == len(s) && !isWeak(s) }

// plainDate reports an IMF-fixdate, the only form that is still sent.
func plainDate(s string) bool {
	p := dateParser{s: s, ok: true}
	p.fixdate()
	return p.ok && p.i == len(s)
}

// plainRange reports one range of bytes in numbers that everybody can hold.
func plainRange(field string) bool {
	const unit, digits = "bytes=", 18
	if len(field) < len(unit) || field[:len(unit)] != unit {
		return false
	}
	head, tail, found := cutByte(field[len(unit):], '-')
	if !found || head == "" && tail == "" || len(head) > digits || len(tail) > digits {
		return false
	}
	if head != "" && tail != "" && compareDigits(head, tail) > 0 {
		return false
	}
	return allDigits(head) && allDigits(tail) && len(head)+1+len(tail) == len(field)-len(unit)
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
