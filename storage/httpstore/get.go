package httpstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// Ask is what a client's own request asks for, as far as the server may know.
type Ask struct {
	// First is what will most likely be read first, as storage.Starter's OpenAt has
	// it: a Length of -1 goes to the end, 0 says that only metadata are wanted.
	First core.Span
	// IfRange goes with a First that is not everything.
	IfRange                      string
	IfNoneMatch, IfModifiedSince string
	// Through are those who passed the request on, by Client.Through.
	Through string
}

// Open asks for the file at an absolute URL, percent-encoded. The object that it
// returns is of one version: what the server sends later of another is refused. It
// is bound to ctx. Errors: storage.ErrNotFound, ErrGone, ErrBadGateway, ErrTimeout.
func (c *Client) Open(ctx context.Context, rawURL string, ask Ask) (storage.Object, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, badGateway("the URL of the file is none")
	}
	u.Fragment = ""
	o := &object{client: c, url: u, through: ask.Through}
	o.Ask = o.again
	if err := o.open(ctx, ask); err != nil {
		return nil, err
	}
	return o, nil
}

// open asks for what is asked, and looks at the metadata alone where the answer says
// too little.
func (o *object) open(ctx context.Context, ask Ask) error {
	if ask.First.Length == 0 {
		return o.look(ctx)
	}
	x := o.call(ctx)
	resp, err := x.send(http.MethodGet, o.url, ask.fields())
	if err != nil {
		return err
	}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
		if err = o.begin(x, resp, ask); err == nil {
			return nil
		}
	case http.StatusNotModified:
		o.metadata = metadata(resp.Header)
		if !ask.holds(o.metadata) {
			err = errLookFirst
		}
	case http.StatusRequestedRangeNotSatisfiable:
		err = errLookFirst
	default:
		err = refused(o.url, resp)
	}
	resp.Body.Close()
	x.end()
	if errors.Is(err, errLookFirst) {
		return o.look(ctx)
	}
	return err
}

// fields are those of a request for what is asked. A validator with bytes that no
// server need understand is left out: the answer is compared here as well.
func (a Ask) fields() http.Header {
	h := http.Header{}
	set := func(name, value string) {
		if value != "" && plain(value) {
			h[name] = []string{value}
		}
	}
	if a.ranged() {
		h["Range"] = []string{rangeField(a.First)}
		set("If-Range", a.IfRange)
	}
	set("If-None-Match", a.IfNoneMatch)
	set("If-Modified-Since", a.IfModifiedSince)
	return h
}

func (a Ask) ranged() bool { return a.First != core.Span{Length: -1} }

func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// holds reports whether a 304 with these metadata is one for the client: its own
// validators would come to it.
func (a Ask) holds(m core.Metadata) bool {
	d := core.Decide(
		core.Request{Method: "GET", IfNoneMatch: a.IfNoneMatch, IfModifiedSince: a.IfModifiedSince, Now: time.Now()},
		core.Representation{Size: -1, ETag: m.ETag, LastModified: m.LastModified},
		core.Capabilities{Deliveries: []core.Delivery{core.Stream}})
	return d.Status == http.StatusNotModified
}

// rangeField asks for a span; a Length below 0 goes to the end.
func rangeField(span core.Span) string {
	field := "bytes=" + strconv.FormatInt(span.Start, 10) + "-"
	if span.Length > 0 {
		field += strconv.FormatInt(span.Start+span.Length-1, 10)
	}
	return field
}

// refused is the error for a status that sends no file.
func refused(u *url.URL, resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusNotFound:
		return fmt.Errorf("%s: %w", place(u), storage.ErrNotFound)
	case http.StatusGone:
		return fmt.Errorf("%s: %w", place(u), ErrGone)
	}
	return badGateway("%s answers %d", place(u), resp.StatusCode)
}

// metadata are what is taken of an answer's head, but for the length. A field that
// is there twice counts as none.
func metadata(h http.Header) core.Metadata {
	m := core.Metadata{Size: -1, ETag: one(h, "Etag"), MediaType: one(h, "Content-Type"), Encoding: coding(h)}
	if !core.ValidETag(m.ETag) {
		m.ETag = ""
	}
	if t, ok := core.ParseHTTPDate(one(h, "Last-Modified"), time.Now()); ok {
		m.LastModified = t
	}
	return m
}

func one(h http.Header, name string) string {
	if lines := h[name]; len(lines) == 1 {
		return strings.TrimSpace(lines[0])
	}
	return ""
}

// coding is the content coding, "" for none.
func coding(h http.Header) string {
	field := strings.TrimSpace(strings.Join(h["Content-Encoding"], ", "))
	if strings.EqualFold(field, "identity") {
		return ""
	}
	return field
}

// parseContentRange reads "bytes first-last/size" (RFC 9110 §14.4); end is last+1,
// size -1 if it is not told.
func parseContentRange(field string) (start, end, size int64, ok bool) {
	rest, ok := strings.CutPrefix(field, "bytes ")
	span, total, ok2 := strings.Cut(rest, "/")
	first, last, ok3 := strings.Cut(span, "-")
	start, ok4 := digits(first)
	end, ok5 := digits(last)
	size, ok6 := digits(total)
	if total == "*" {
		size, ok6 = -1, true
	}
	ok = ok && ok2 && ok3 && ok4 && ok5 && ok6 && start <= end && (size < 0 || end < size)
	return start, end + 1, size, ok
}

// digits reads a number of up to 18 digits.
func digits(s string) (int64, bool) {
	if s == "" || len(s) > 18 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
