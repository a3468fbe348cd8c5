package download

import (
	"time"

	"github.com/downlink-go/downlink/core"
)

// Recorder is told of downloads while they happen. Its methods are called by many
// goroutines and in the way of the download: they take no time and do not fail.
type Recorder interface {
	// Requested is told of a download that counts, when it was decided to send it.
	Requested(d Download)
	// Ended is told of an answer by which this process itself sent bytes of a file,
	// of a download that counts or of a further part of one: how many bytes of body
	// went out, and whether that is all of the answer.
	Ended(d Download, bytes int64, all bool)
}

// Download is an answer that sends bytes of a file.
type Download struct {
	ID     string // of the request; "" if the adapter gave it none
	Time   time.Time
	Route  string      // the pattern
	Lookup core.Lookup // what was looked at
	Slug   string      // of the item, if Lookup is core.Item
	Field  string      // of the item; "" is its own file
	Path   string      // as the client sent it
	Store  string      // name of the store that has the file; "" for a file in none
	Key    string      // the file's key there
	Status int
	// Delivery is never core.None.
	Delivery core.Delivery
	Range    string      // as the client sent it
	Spans    []core.Span // as in core.Decision
	Size     int64       // of the file in bytes; -1 if unknown
	Counts   bool        // else it goes on with a download that another request began
	// Client is the address, with or without a port; "" if unknown.
	Client    string
	UserAgent string
	// Request is for reading only, also when it was answered long ago.
	Request *Request
}

// SetRecorder has rec told of downloads; nil is nobody. It is called before the first
// request.
func (s *Service) SetRecorder(rec Recorder) { s.recorder = rec }

// requested tells the recorder of an answer that counts, unless nobody asked for it.
func (s *Service) requested(r *Request, a *Answer) {
	if s.recorder != nil && a.Counts && !ahead(r) {
		s.recorder.Requested(s.download(r, a))
	}
}

// Ended tells the recorder how an answer of this service ended that the adapter itself
// sent: how many bytes of body went out, and whether these were all.
func (s *Service) Ended(r *Request, a *Answer, bytes int64, all bool) {
	if s.recorder != nil && a.Delivery == core.Stream && (a.Counts || a.Continues) && !ahead(r) {
		s.recorder.Ended(s.download(r, a), bytes, all)
	}
}

func (s *Service) download(r *Request, a *Answer) Download {
	d := Download{
		ID: r.ID, Time: r.Now, Route: s.routes[r.Plan.Route].Pattern, Lookup: r.Plan.Lookup, Path: r.Path,
		Key: a.Key, Status: a.Status, Delivery: a.Delivery, Range: r.Range, Spans: a.Spans, Size: a.Size, Counts: a.Counts,
		Client: r.Client, Request: r,
	}
	if d.Lookup == core.Item {
		d.Slug, d.Field = r.Plan.Key, r.Plan.Field
	}
	if a.Store != nil {
		d.Store = a.Store.Name()
	}
	if r.Header != nil {
		d.UserAgent = r.Header.Get("User-Agent")
	}
	return d
}
