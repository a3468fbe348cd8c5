package download

import (
	"strings"
	"time"

	"github.com/downlink-go/downlink/storage"
)

// Off, as a route's Offload, sends its files directly whatever the rules say.
const Off = "off"

// Rule hands files of a source to a front server: one of django-downloadview's
// DOWNLOADVIEW_RULES. Exactly one of Source, SourceDir and SourceURL is set.
type Rule struct {
	Name  string // by which a route can ask for it; may be ""
	Front string // Nginx, Apache, Lighttpd, Caddy or Header; "" is Nginx

	Source    string // name of a store
	SourceDir string // absolute directory, compared by whole segments
	SourceURL string // URL prefix of a store's files, decoded, likewise

	// Destination is what takes the place of the source, decoded, with a slash at
	// its end: for Nginx and Caddy the URL prefix of an internal location, for
	// Apache and Lighttpd the absolute directory where they find the files, for
	// Header what the server wants.
	Destination string
	// Remote is the URL prefix from which nginx gets the files; "" if it has them on
	// its own disk.
	Remote string

	Field string // of Header: the name of the response field
	Raw   bool   // of Header: the path is sent as it is, not percent-encoded

	// For Nginx alone:
	Expires   *time.Duration // X-Accel-Expires; nil: not sent; 0: off
	Buffering *bool          // X-Accel-Buffering; nil: not sent
	LimitRate int64          // X-Accel-Limit-Rate in bytes per second; 0: not sent; -1: off
	Charset   string         // X-Accel-Charset; needs a charset directive in nginx
}

// Target is a file as a front server knows it.
type Target struct {
	Rule *Rule
	// Path is the destination of this file: decoded, for the adapter to encode as
	// the front server wants it.
	Path string
	// Own says that the decision's validators are to be sent: they are not those
	// that the front server would give the file.
	Own bool
}

// OwnDestination is the internal location beside Destination in which the front
// server passes our ETag and Last-Modified on instead of making its own of the
// file: "/_internal/files@own/" beside "/_internal/files/".
func (r *Rule) OwnDestination() string {
	return strings.TrimSuffix(r.Destination, "/") + "@own/"
}

// concerns reports whether the rule can match a file of the store at all.
func (r *Rule) concerns(store *storage.Store) bool {
	ok := r.Source == store.Name()
	switch {
	case r.SourceDir != "":
		_, ok = store.LocalPath("")
	case r.SourceURL != "":
		_, ok = store.URL("")
	}
	return ok
}

// through reports whether the rule is of the front server that the request came
// through.
func (r *Rule) through(front string) bool { return front == "" || front == r.server() }

// match returns what follows the rule's source in the key, path or URL of a file.
func (r *Rule) match(store *storage.Store, key string) (rest string, ok bool) {
	switch {
	case r.Source != "":
		rest, ok = key, store.Name() == r.Source
	case r.SourceDir != "":
		if rest, ok = store.LocalPath(key); ok {
			rest, ok = cutSegments(rest, r.SourceDir)
		}
	case r.SourceURL != "":
		if rest, ok = store.URL(key); ok {
			rest, ok = cutSegments(rest, r.SourceURL)
		}
	}
	return rest, ok
}

// target is the file that match left rest of.
func (r *Rule) target(rest string, own bool) Target {
	if own && r.twoPlaces() {
		return Target{Rule: r, Path: r.OwnDestination() + rest, Own: true}
	}
	return Target{Rule: r, Path: r.Destination + rest, Own: !r.twoPlaces()}
}

// cutSegments removes prefix from path if it ends where a segment does: the
// prefix "/srv/media" is not one of "/srv/media-private/a".
func cutSegments(path, prefix string) (string, bool) {
	rest, ok := strings.CutPrefix(path, strings.TrimRight(prefix, "/"))
	if !ok || !strings.HasPrefix(rest, "/") {
		return "", false
	}
	return rest[1:], true
}

// Below is what follows base in the rule's SourceURL, and whether base, a store's
// URL prefix, holds the rule's files at all.
func (r *Rule) Below(base string) (string, bool) {
	if base == "" || r.SourceURL == "" {
		return "", false
	}
	return cutSegments(strings.TrimRight(r.SourceURL, "/")+"/", base)
}
