package download

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/downlink-go/downlink/core"
)

// Allow says whether a client may have the files of a route. It is asked before
// the file is looked at and before any 304, 206 or 416. nil allows; a *Denial is
// answered as it says; any other error is answered as one of a view: ErrForbidden
// 403, ErrUndecided 503.
type Allow func(ctx context.Context, r *Request) error

// ErrUndecided: whoever says whether the client may have the file does not answer.
// It is answered 503.
var ErrUndecided = errors.New("nobody says whether it is allowed")

// Denial is an error of Allow with an answer of its own.
type Denial struct {
	// Status is 401, 403, or 302, 303 or 307 with Location; any other is a 503.
	Status int
	// Challenge is the WWW-Authenticate of a 401 (RFC 9110 §11.6.1).
	Challenge string
	// Location is where the client can log in.
	Location string
}

// Error says which status is answered.
func (d *Denial) Error() string { return "denied with status " + strconv.Itoa(d.Status) }

// decision is the answer to the client. Nothing of it is stored.
func (d *Denial) decision() core.Decision {
	const reason = "denied before the file was looked at"
	switch d.Status {
	case 401, 403:
		refusal := core.Refuse(d.Status, reason)
		if d.Status == 401 && printable(d.Challenge) {
			refusal.Fields = append(refusal.Fields, core.Field{Name: "WWW-Authenticate", Value: d.Challenge})
		}
		return refusal
	case 302, 303, 307:
		if !printable(d.Location) {
			break
		}
		return core.Decision{Status: d.Status, Reason: "sent to log in", Fields: []core.Field{
			{Name: "Cache-Control", Value: "private, no-store"}, {Name: "Content-Length", Value: "0"},
			{Name: "Location", Value: d.Location}, {Name: "X-Content-Type-Options", Value: "nosniff"},
		}}
	}
	return core.Refuse(503, "denied with a status that is not answered")
}

// printable reports whether s can be the value of a field: visible ASCII with
// spaces inside.
func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return s != "" && s == strings.TrimSpace(s)
}

// deny is the answer to an error of Allow.
func deny(err error) Answer {
	var d *Denial
	if errors.As(err, &d) {
		return Answer{Decision: d.decision(), Cause: err}
	}
	return refuse(err)
}

// allowedBy are the request fields that Allow looks at, as Vary has them.
func (r *Route) allowedBy() string {
	if len(r.AllowBy) == 0 {
		return "Authorization, Cookie"
	}
	return strings.Join(r.AllowBy, ", ")
}

// checkAllowBy reports what is not the name of a field.
func checkAllowBy(r Route) error {
	for _, name := range r.AllowBy {
		if !core.ValidToken(name) {
			return fmt.Errorf("pattern %s: AllowBy %q: write the name of a header field, such as %q", r.Pattern, name, "X-Api-Key")
		}
	}
	return nil
}

// personal keeps an answer that was allowed to one client from being given to
// another: caches that several clients share do not store it, a client's own asks
// again, and both tell clients apart by what Allow looks at: the fields who.
func personal(d *core.Decision, who string) {
	varies := d.Status < 400
	fields := make([]core.Field, 0, len(d.Fields)+1)
	for _, f := range d.Fields {
		switch {
		case f.Name == "Cache-Control" && !unshared(f.Value):
			f.Value = "private, no-cache"
		case f.Name == "Expires":
			continue
		case f.Name == "Vary" && varies:
			f.Value, varies = f.Value+", "+who, false
		}
		fields = append(fields, f)
	}
	if varies {
		fields = append(fields, core.Field{Name: "Vary", Value: who})
	}
	d.Fields = fields
}

// unshared reports whether a Cache-Control value keeps shared caches out.
func unshared(control string) bool {
	private := false
	for directive := range strings.SplitSeq(control, ",") {
		name, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "private", "no-store":
			private = true
		case "public", "s-maxage":
			return false
		}
	}
	return private
}
