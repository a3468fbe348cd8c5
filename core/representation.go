package core

import "time"

// Metadata is what a store knows about one version of an object.
type Metadata struct {
	Size         int64     // bytes; -1 if unknown until sent
	ETag         string    // quoted entity-tag, W/ in front if weak; "" if none
	LastModified time.Time // zero if unknown
	MediaType    string    // as the store has it; "" to go by the name
	Encoding     string    // content coding that the stored bytes are in; "" for none
}

// Representation is one file as a client may be given it, in the words of
// RFC 9110 §8. The zero value of every field but Size is a usable default.
type Representation struct {
	// Name is the client-side file name ("basename" in django-downloadview):
	// any bytes at all, made safe by Disposition.
	Name string
	// Size is the length in bytes, -1 if it is only known once it was sent.
	Size int64
	// ETag is a quoted entity-tag (RFC 9110 §8.8.3), with W/ in front if weak.
	// "" if there is none; a malformed one counts as none.
	ETag string
	// LastModified is sent and compared in whole seconds; zero if unknown.
	LastModified time.Time
	// MediaType is type/subtype; "" goes by Name's extension (MediaType).
	MediaType string
	// Charset is sent with text types only; "" means utf-8.
	Charset string
	// ContentEncoding is a coding the stored bytes are in, such as "gzip", that
	// the client shall undo. It is never guessed from a name.
	ContentEncoding string
	// Language is the Content-Language; "" if unknown.
	Language string
	// Digest is the value of Repr-Digest (RFC 9530), "" if unknown.
	Digest string
	// Vary names the request fields that chose this representation.
	Vary string
	// Inline asks for the file to be shown rather than saved. Types that can run
	// script (HTML, SVG, XML, JavaScript…) are saved all the same, unless
	// InlineUnsafe is set too.
	Inline       bool
	InlineUnsafe bool
	// CacheControl is the Cache-Control value; "" means "private, no-cache".
	CacheControl string
	// Extra holds further response fields. Names that Decide sets itself,
	// malformed names and values with control characters are left out.
	Extra []Field
}

// Options are the settings of a download view that change how a file is
// presented: django-downloadview's attachment, basename, mimetype, encoding and
// charset, and Downlink's own. The zero value presents a file as an attachment
// under the last segment of its key.
type Options struct {
	Inline       bool   // attachment = False in the seeds
	InlineUnsafe bool   // show even types that can run script
	Basename     string // client-side name; "" keeps the stored one
	MediaType    string // "" goes by the store's metadata, then by the name
	Encoding     string // Content-Encoding of the stored bytes; "" goes by the store's metadata
	Charset      string // for text types; "" means utf-8
	CacheControl string // "" means "private, no-cache"
}

// Or returns the options with those of other in place of the unset ones.
func (o Options) Or(other Options) Options {
	o.Inline = o.Inline || other.Inline
	o.InlineUnsafe = o.InlineUnsafe || other.InlineUnsafe
	o.Basename = either(o.Basename, other.Basename)
	o.MediaType = either(o.MediaType, other.MediaType)
	o.Encoding = either(o.Encoding, other.Encoding)
	o.Charset = either(o.Charset, other.Charset)
	o.CacheControl = either(o.CacheControl, other.CacheControl)
	return o
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Represent applies the options to what was found at key. A missing basename is
// the last segment of key; a missing media type is the store's (with its charset,
// without other parameters), else goes by the extension of the stored name, so
// that an override "Report" of "a.pdf" stays a PDF.
func (o Options) Represent(key string, m Metadata) Representation {
	name, mediaType := o.Basename, o.MediaType
	if name == "" {
		name = lastSegment(key)
	}
	charset := o.Charset
	if mediaType == "" {
		var stored string
		mediaType, stored = splitMediaType(m.MediaType)
		charset = either(charset, stored)
	}
	if mediaType == "" {
		mediaType = MediaType(lastSegment(key))
	}
	return Representation{
		Name: name, Size: m.Size, ETag: m.ETag, LastModified: m.LastModified,
		MediaType: mediaType, Charset: charset, ContentEncoding: either(o.Encoding, m.Encoding),
		Inline: o.Inline, InlineUnsafe: o.InlineUnsafe, CacheControl: o.CacheControl,
	}
}

// lastSegment is what follows the last slash of a key.
func lastSegment(key string) string {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] == '/' {
			return key[i+1:]
		}
	}
	return key
}
