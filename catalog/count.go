package catalog

import (
	"context"
	"time"
)

// Counter is a driver that keeps how often things were downloaded. Errors wrap
// ErrUnavailable or are the context's.
type Counter interface {
	// Count adds a batch: all of it or, on an error, nobody knows. Sent again with the
	// same Writer and Number it changes nothing, whatever became of it before.
	Count(ctx context.Context, b Batch) error
	// Counts sums what was counted, as q says.
	Counts(ctx context.Context, q CountQuery) ([]Sum, error)
	// Complete notes how awaited downloads ended, each once, and returns how many of
	// them it noted. What nobody awaits, or awaits no longer, is passed over. There
	// are at most MaxBatch.
	Complete(ctx context.Context, ended []Ended) (int, error)
}

// MaxBatch is how many Counts and Awaited a batch has at most, together.
const MaxBatch = 90

// Batch is what one writer counted in a moment.
type Batch struct {
	// Writer is a process from its start to its end: 1 to 64 letters, digits, "-".
	Writer string
	// Number is 1 for the writer's first batch, and one more for each that follows. The
	// next is sent when this one was stored.
	Number int64
	// Time is when the batch is sent. A writer that sent nothing for two days may be
	// forgotten.
	Time    time.Time
	Counts  []Count // each Item and Hour once
	Awaited []Awaited
}

// Count is how often one thing was downloaded in one hour.
type Count struct {
	// Item is an item's slug, "slug/field" for one of its further files, or for a file
	// that is no item a text that begins with "/": at most 1024 bytes of UTF-8.
	Item string
	Hour int64 // hours since 1970, UTC: HourOf
	Tally
}

// Tally is numbers of downloads.
type Tally struct {
	Downloads int64 `json:"downloads"` // by people
	Bots      int64 `json:"bots"`      // by robots, which Downloads leaves out
	Completed int64 `json:"completed"` // of Downloads, those known to have been sent whole
	Bytes     int64 `json:"bytes"`     // known to have been sent, to people and robots
}

// Awaited is a download of which another server will tell how it ended: the front
// server, in its log.
type Awaited struct {
	ID    string // of the request, unique: 8 to 64 letters, digits, "-", "_" and "."
	Item  string // as in Count
	Hour  int64  // of the request, as in Count
	Size  int64  // of the whole file in bytes
	Bot   bool
	Until time.Time // later it is awaited no longer, and may be forgotten
}

// Ended is how a download ended.
type Ended struct {
	ID string // as in Awaited
	// Bytes of the file were sent: all in one answer, or the download is not complete.
	Bytes int64
}

// HourOf is the hour of a time as Count has it.
func HourOf(t time.Time) int64 { return floor(t.Unix(), 3600) }

func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}

// By is what counts are summed by.
type By uint8

// The sums. Days and hours are UTC's.
const (
	InAll       By = iota // one sum, whose Group is "": also of no counts at all
	ByItem                // Group is Count.Item; the most downloaded first
	ByCategory            // Group is the primary category that the item has now, "" for none and for what is no item; the most downloaded first
	ByDay                 // Group is "2026-11-21"; the oldest first
	ByHourOfDay           // Group is "00" to "23", in that order
)

// CountQuery says which counts to sum, and how. Groups without any are left out.
type CountQuery struct {
	By By
	// Items are the only ones wanted, as in Count.Item; nil: all.
	Items []string
	// From's hour is the first that is wanted, To's the first that is not; zero is no
	// bound.
	From, To time.Time
	Limit    int // of the groups; 0: all
}

// Hours are the bounds of the query as Count has them.
func (q *CountQuery) Hours() (from, before int64) {
	const least, most = -1 << 40, 1 << 40
	from, before = least, most
	if !q.From.IsZero() {
		from = HourOf(q.From)
	}
	if !q.To.IsZero() {
		before = HourOf(q.To)
	}
	return from, before
}

// Sum is what the counts of a group come to.
type Sum struct {
	Group string
	Tally
}

// DayName is the Group of a day, in days since 1970.
func DayName(day int64) string { return time.Unix(day*86400, 0).UTC().Format(time.DateOnly) }

// HourName is the Group of an hour of the day.
func HourName(hour int64) string {
	return string([]byte{byte('0' + hour/10), byte('0' + hour%10)})
}

// Plus is both together.
func (t Tally) Plus(u Tally) Tally {
	return Tally{t.Downloads + u.Downloads, t.Bots + u.Bots, t.Completed + u.Completed, t.Bytes + u.Bytes}
}
