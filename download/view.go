package download

import (
	"context"
	"errors"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// The errors of a view beside those of storage and catalog.
var (
	// ErrForbidden: the client may not have the file. It is answered 403.
	ErrForbidden = errors.New("forbidden")
	// ErrGone: the file is no longer offered. It is answered 410.
	ErrGone = errors.New("gone")
)

// View resolves a request to a file. An error that wraps one of this package's,
// storage's or catalog's is answered 403, 404, 410 or 503, and fs.ErrNotExist 404; any
// other is a 500.
type View interface {
	File(ctx context.Context, r *Request) (File, error)
}

// ViewFunc is a view of one function.
type ViewFunc func(ctx context.Context, r *Request) (File, error)

// File calls f.
func (f ViewFunc) File(ctx context.Context, r *Request) (File, error) { return f(ctx, r) }

// Request is what a view may look at.
type Request struct {
	core.Request
	// ID names the request in logs and to the recorder; "" if nobody asks.
	ID string
	// Plan is how the request was routed.
	Plan core.Plan
	// MaxBody is the largest body in bytes that the adapter can send; 0 is no limit.
	// Clients are sent elsewhere for what is larger, if the file's store has a place.
	MaxBody int64
	// Room, if set, is how many bytes of a body the adapter can send beside the fields
	// of a decision, where the platform limits an answer as a whole. It is never more
	// than MaxBody.
	Room func(d *core.Decision) int64
	// Header has the request's fields, by any spelling of their names; nil is none.
	// An http.Header is one.
	Header interface{ Get(name string) string }
	// Native is the adapter's own request: an *http.Request in nethttp.
	Native any
	// Front is the front server that the request came through: rules of others are
	// passed over. With "" none is, with Off all are.
	Front string
}

// decide decides within what the adapter can send. It shrinks the largest body until
// the fields of the decision leave room for it.
func (r *Request) decide(d *core.Decision, rep *core.Representation, c core.Capabilities) {
	c.MaxBody = r.MaxBody
	core.DecideInto(d, &r.Request, rep, &c)
	for r.Room != nil && d.Delivery == core.Stream {
		shown := *d // which moves to the heap; d need not
		room := r.Room(&shown)
		if d.BodyLength() <= room {
			return
		}
		c.MaxBody = max(room, 1)
		core.DecideInto(d, &r.Request, rep, &c)
	}
}

// Param is the decoded value of the pattern's variable called name, "" without
// one.
func (r *Request) Param(name string) string { return r.Plan.Param(name) }

// File is where the bytes of a download are and how to present them: in Store, or
// wherever Open takes them from.
type File struct {
	Store *storage.Store
	// Key is the file's key in the store. Its last segment is the name if the
	// options have none, also of a file that is in no store.
	Key string
	// Open, if set, opens a file that is in no store; Store is not looked at then.
	// No rule hands such a file to a front server. It is called once at most, and
	// not for a request that is refused before.
	Open    func(ctx context.Context) (storage.Object, error)
	Options core.Options
	// Precompressed are content codings in which the store may have the file too, in
	// the order in which they are preferred: "br" at the key with ".br" behind it,
	// "zstd" with ".zst", "gzip" with ".gz". With any, the answer depends on the
	// client's Accept-Encoding and says so in Vary.
	Precompressed []string
	// WasModifiedSince, if set, replaces the comparison of If-Modified-Since with
	// Last-Modified (was_modified_since in django-downloadview). since is in
	// whole seconds.
	WasModifiedSince func(since time.Time) bool
	// Check, if set, says whether what was found is the file that the view means.
	// Its error is answered as one of the view's.
	Check func(found core.Metadata) error
	// Adjust, if set, changes the representation that the options and the store's
	// metadata give: its validators, its language, its extra fields.
	Adjust func(rep *core.Representation)

	// Limit is how often the file may be downloaded: later it is answered 410.
	Limit Limit
	// Rate is how many bytes a second a download may have; 0 is any number. Files are
	// left to nginx with it; what other front servers would send is sent by this
	// process. Clients that are sent elsewhere are not held to it.
	Rate int64

	coded coded
}

// Limit is a number of downloads, counted as those by a link with a use limit are: a
// client may go on with one that was counted.
type Limit struct {
	ID  string // under which they are counted; no link's id has a slash
	Max int64  // 0 is no limit
}
