package conformance

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
)

// Core is the pure core as a target: Plan, a look at the fixtures, Decide, and the
// shortest possible adapter around them.
type Core struct {
	site     *core.Site
	fixtures *Fixtures
}

var _ Target = (*Core)(nil)

// NewCore returns the core over the fixtures, with the routes of `downlink serve`.
func NewCore(f *Fixtures) (*Core, error) {
	site, err := core.NewSite([]core.Route{
		{Pattern: "/files/{path...}", Lookup: core.Object, Source: "files"},
		{Pattern: "/d/{slug}", Lookup: core.Item},
		{Pattern: "/coded/{path...}", Lookup: core.Object, Source: "files"},
	})
	return &Core{site, f}, err
}

// Name is "core".
func (c *Core) Name() string { return "core" }

// Can reports false for "wire": there is no connection.
func (c *Core) Can(ability string) bool { return ability != "wire" }

// Do decides about the request and carries the decision out in memory.
func (c *Core) Do(t testing.TB, r Request) Response {
	t.Helper()
	d, content := c.decide(fill(r))
	if err := d.Validate(); err != nil {
		t.Errorf("the decision is not valid: %v", err)
	}
	a := Response{Status: d.Status, Header: http.Header{}, Reason: d.Reason}
	for _, f := range d.Fields {
		a.Header.Add(f.Name, f.Value)
	}
	switch {
	case r.Method == http.MethodHead:
	case d.Delivery == core.Stream:
		a.Body = assemble(&d, content)
	default:
		a.Body = []byte(d.Message)
	}
	return a
}

func (c *Core) decide(r core.Request) (core.Decision, []byte) {
	plan := c.site.Plan(r)
	key, options := plan.Key, core.Options{}
	var says Item
	switch plan.Lookup {
	case core.Answered:
		return plan.Answer, nil
	case core.Item:
		item, ok := c.fixtures.Item(plan.Key)
		if !ok {
			return core.Refuse(404, "no such item"), nil
		}
		offer := core.Offer{Draft: item.Draft, Publish: item.Publish, Expires: item.Expires}
		if status := offer.Status(r.Now); status != 200 {
			return core.Refuse(status, "not offered now"), nil
		}
		key = item.Key
		options = core.Options{
			Inline: item.Inline, Basename: item.Name, MediaType: item.MediaType, Encoding: item.Encoding, Charset: item.Charset,
		}
		says = *item
	}
	file, ok := c.fixtures.File(key) // as the store has it
	if !ok {
		return core.Refuse(404, "no such object"), nil
	}
	rep := options.Represent(key, file.Metadata())
	if strings.HasPrefix(r.Path, "/coded/") {
		file = file.chosen(r.AcceptEncoding)
		m := file.Metadata()
		rep.Size, rep.ETag, rep.LastModified, rep.ContentEncoding, rep.Vary = m.Size, m.ETag, m.LastModified, file.coding, "Accept-Encoding"
	}
	if says.Size > 0 && says.Size != rep.Size {
		return core.Refuse(503, "the file changed meanwhile"), nil
	}
	if tag := says.Tag(); tag != "" {
		rep.ETag, rep.Digest = tag, says.Digest()
	}
	if !says.Modified.IsZero() {
		rep.LastModified = says.Modified
	}
	return core.Decide(r, rep, streamed), file.Content()
}

var streamed = core.Capabilities{Deliveries: []core.Delivery{core.Stream}, MultipartRanges: true}

// chosen is the form of the file that a client would rather have, of those that are not
// older than the file.
func (f *File) chosen(accept string) *File {
	for _, coding := range core.Encodings(accept, Codings) {
		if form := f.In(coding); form != nil && !form.Modified.Before(f.Modified) {
			return form
		}
	}
	return f
}

// fill makes a core.Request of a row's: lines joined, the query cut off.
func fill(r Request) core.Request {
	path, _, _ := strings.Cut(r.Path, "?")
	return core.Request{
		Method:            r.Method,
		Path:              path,
		IfMatch:           joined(r.Fields, "If-Match"),
		IfNoneMatch:       joined(r.Fields, "If-None-Match"),
		IfModifiedSince:   joined(r.Fields, "If-Modified-Since"),
		IfUnmodifiedSince: joined(r.Fields, "If-Unmodified-Since"),
		Range:             joined(r.Fields, "Range"),
		IfRange:           joined(r.Fields, "If-Range"),
		AcceptEncoding:    joined(r.Fields, "Accept-Encoding"),
		Now:               time.Now(),
		Nonce:             0x0123456789abcdef,
	}
}

func joined(lines []string, name string) string {
	var values []string
	for _, line := range lines {
		if n, v, _ := strings.Cut(line, ":"); strings.EqualFold(n, name) {
			values = append(values, strings.Trim(v, " \t"))
		}
	}
	if len(values) == 1 && values[0] == "" {
		return " " // as core.Request has it
	}
	return strings.Join(values, ", ")
}

func assemble(d *core.Decision, content []byte) []byte {
	if d.Spans == nil {
		return content
	}
	var body []byte
	for i, s := range d.Spans {
		if d.Multipart() {
			body = d.AppendPartHead(body, i)
		}
		body = append(body, content[s.Start:s.Start+s.Length]...)
	}
	if d.Multipart() {
		body = d.AppendClose(body)
	}
	return body
}
