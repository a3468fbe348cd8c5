package track

import (
	"crypto/rand"
	"time"
	"unicode/utf8"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// Event is a download that was counted, as receivers get it, and as JSON.
type Event struct {
	// ID is unique: of two events with the same one the later is the same event, told
	// again.
	ID    string    `json:"id"`
	Event string    `json:"event"` // "requested"
	Time  time.Time `json:"time"`
	// Name is what the download is counted as: see Name.
	Name     string `json:"name"`
	Item     string `json:"item,omitempty"`  // the item's slug
	Field    string `json:"field,omitempty"` // of the item; "" is its own file
	Route    string `json:"route"`           // pattern of the view
	Store    string `json:"store,omitempty"`
	Key      string `json:"key,omitempty"` // of the file in the store
	Status   int    `json:"status"`
	Delivery string `json:"delivery"`        // "stream", "offload" or "redirect"
	Client   string `json:"client"`          // "human" or "bot"
	Range    string `json:"range,omitempty"` // as the client sent it
	Size     int64  `json:"size"`            // of the file in bytes; -1 if unknown

	// Request is the request, for reading: it was answered already. It is nil in a
	// receiver that works in another process.
	Request *download.Request `json:"-"`
}

// Requested is the Event of a download that was decided on.
const Requested = "requested"

const (
	human = "human"
	bot   = "bot"
)

func event(d *download.Download, name string, robot bool) Event {
	const longest = 200 // bytes of a Range that tell enough
	e := Event{
		ID: d.ID, Event: Requested, Time: d.Time, Name: name, Item: d.Slug, Field: d.Field, Route: d.Route, Store: d.Store, Key: d.Key,
		Status: d.Status, Delivery: d.Delivery.String(), Client: human, Range: d.Range[:min(len(d.Range), longest)], Size: d.Size, Request: d.Request,
	}
	if e.ID == "" {
		e.ID = rand.Text()
	}
	if robot {
		e.Client = bot
	}
	return e
}

// Name is what a download is counted as: an item's slug, "slug/field" for one of its
// further files, the path of the URL of a file of a store or a folder, in one form of
// percent-encoding, and the pattern of the view for what is made or fetched on
// request, of which there is no end.
func Name(d *download.Download) string {
	const longest = 1024 // bytes of catalog.Count.Item
	switch d.Lookup {
	case core.Item:
		if d.Field == "" || d.Field == catalog.OwnField {
			return d.Slug
		}
		return d.Slug + "/" + d.Field
	case core.Object, core.File:
		path := d.Path
		if !canonical(path) {
			path = core.CanonicalPath(path)
		}
		if path != "" && len(path) <= longest {
			return path
		}
	}
	if !utf8.ValidString(d.Route) || len(d.Route) > longest {
		return "/"
	}
	return d.Route
}

// canonical reports whether a path that was planned is so plain that it has one form.
func canonical(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '/', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
