package core

import "github.com/downlink-go/downlink/core/link"

// WithLinks returns the site with keys for the routes that require a signed link.
// Without keys those routes answer 403.
func (s *Site) WithLinks(v *link.Verifier) *Site { return &Site{routes: s.routes, links: v} }

// verify returns what the request's link grants for the decoded path.
func (s *Site) verify(r *Request, path string) (*link.Grant, error) {
	if s.links == nil {
		return nil, errNoKeys
	}
	return s.links.Verify(link.Request{Method: r.Method, Path: "/" + path, Query: r.Query, Client: r.Client, Now: r.Now})
}

const errNoKeys link.Refusal = "there is no key for signed links"

// refuseLink is the same 403 whatever is wrong with a link, but for the method
// that no link is for: that is a 405 to those who have one.
func refuseLink(route int, r *Request, refusal error) Plan {
	d := Refuse(403, refusal.Error())
	if refusal == link.ErrMethod && !reads(r.Method) {
		d = Refuse(405, "method is neither GET nor HEAD")
	}
	seal(&d)
	return answer(route, d)
}

// noStore keeps what a link gives out of every cache.
const noStore = "private, no-store"

// Present is the options with those of the request's link in place of theirs.
func (p *Plan) Present(o Options) Options {
	if p.Link == nil {
		return o
	}
	switch p.Link.Disposition {
	case link.Attachment:
		o.Inline = false
	case link.Inline:
		o.Inline = true
	}
	o.CacheControl = noStore
	o.Basename = either(p.Link.Name, o.Basename)
	if p.Link.MediaType != "" {
		o.MediaType, o.Charset = p.Link.MediaType, ""
	}
	return o
}

// Seal keeps the answer to a request with a signed link out of caches, and the
// link out of the Referer field of whatever the client asks for next. It changes
// no other answer. Every answer that is made for the plan goes through it.
func (p *Plan) Seal(d *Decision) {
	if p.Link != nil {
		seal(d)
	}
}

func seal(d *Decision) {
	fields, stored := make(fieldList, 0, len(d.Fields)+2), false
	for _, f := range d.Fields {
		switch f.Name {
		case "Cache-Control":
			f.Value, stored = noStore, true
		case "Expires", "Referrer-Policy":
			continue
		}
		fields = append(fields, f)
	}
	if !stored {
		fields = fields.with("Cache-Control", noStore)
	}
	fields = fields.with("Referrer-Policy", "no-referrer")
	d.Fields = fields
}
