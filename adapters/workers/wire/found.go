package wire

import (
	"time"

	"github.com/downlink-go/downlink/core"
)

// State is what came of looking up what a plan asked for.
type State uint8

// The states.
const (
	Found              State = iota // the object is there
	NoObject                        // the store has no object at the key
	StoreUnavailable                // R2 did not answer
	Changed                         // the object was replaced twice while it was looked at
	NoItem                          // the catalogue has no item at the slug
	CatalogUnavailable              // D1 did not answer
	// What came of counting a use of a link with a use limit.
	UsedUp        // it was used as often as it may be
	Previewed     // whoever asks only shows what links lead to
	NotBegun      // the client goes on with what it has not begun
	UsesUncounted // D1 did not answer
	DownloadedUp  // the item was downloaded as often as it may be
	states
)

// refusals are the decisions for the states, as download.Service makes them.
var refusals = [states]struct {
	status int
	reason string
}{
	NoObject:           {404, "no such file"},
	StoreUnavailable:   {503, "the store does not answer"},
	Changed:            {503, "the file changed meanwhile"},
	NoItem:             {404, "no such item"},
	CatalogUnavailable: {503, "the catalogue does not answer"},
	UsedUp:             {403, "the link was used as often as it may be"},
	Previewed:          {403, "a preview does not use a limited number of downloads"},
	NotBegun:           {403, "a part of a download that this client has not begun, or too long ago"},
	UsesUncounted:      {503, "nobody counts the uses of links and files with a limit"},
	DownloadedUp:       {410, "the file was downloaded as often as it may be"},
}

// Result is what was found. The zero value of every field but State says nothing.
type Result struct {
	State    State
	Metadata core.Metadata // what R2 says; LastModified in whole milliseconds
	File     File          // what the catalogue says, if the plan was an Item
}

// File is what the catalogue says of an item's file, as catalog.File.
type File struct {
	Key      string
	Options  core.Options
	Modified time.Time
	Size     int64 // 0 if it says nothing
	ETag     string
	Digest   string     // the value of Repr-Digest; only with ETag
	Offer    core.Offer // of the item, its times in whole milliseconds
}

// Flags of a result.
const (
	inlineFlag   = 1 << iota // the item's file is shown rather than saved
	_                        // unsafeFlag of a route
	modifiedFlag             // R2 knows the time of modification
	draftFlag                // the item is a draft
)

// AppendResult appends the frame of a result. It follows that of its request.
func AppendResult(dst []byte, f *Result) []byte {
	m, file := &f.Metadata, &f.File
	flags := byte(0)
	if file.Options.Inline {
		flags |= inlineFlag
	}
	if !m.LastModified.IsZero() {
		flags |= modifiedFlag
	}
	if file.Offer.Draft {
		flags |= draftFlag
	}
	dst = append(dst, byte(f.State), flags)
	dst = appendFloat64(dst, float64(m.Size))
	dst = appendFloat64(dst, milliseconds(m.LastModified))
	dst = appendFloat64(dst, float64(file.Size))
	dst = appendFloat64(dst, milliseconds(file.Modified))
	dst = appendFloat64(dst, milliseconds(file.Offer.Publish))
	dst = appendFloat64(dst, milliseconds(file.Offer.Expires))
	return appendStrings(dst, m.ETag, m.MediaType, m.Encoding, file.Key,
		file.Options.Basename, file.Options.MediaType, file.Options.Encoding, file.Options.Charset, file.ETag, file.Digest)
}

// milliseconds since 1970; the zero time is 0.
func milliseconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli())
}

// result reads a result.
func (r *reader) result() (f Result) {
	m, file := &f.Metadata, &f.File
	f.State = State(r.byte())
	r.bad = r.bad || f.State >= states
	flags := r.byte()
	file.Options.Inline, file.Offer.Draft = flags&inlineFlag != 0, flags&draftFlag != 0
	m.Size = r.integer()
	if modified := r.integer(); flags&modifiedFlag != 0 {
		m.LastModified = time.UnixMilli(modified)
	}
	file.Size = r.integer()
	for _, t := range [...]*time.Time{&file.Modified, &file.Offer.Publish, &file.Offer.Expires} {
		if ms := r.integer(); ms != 0 {
			*t = time.UnixMilli(ms)
		}
	}
	r.strings(&m.ETag, &m.MediaType, &m.Encoding, &file.Key,
		&file.Options.Basename, &file.Options.MediaType, &file.Options.Encoding, &file.Options.Charset, &file.ETag, &file.Digest)
	return f
}
