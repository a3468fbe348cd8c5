// Package accesslog reads from a front server's log how the downloads ended that it
// sent, and has the catalogue note it: each once, however often the log is read.
package accesslog

import (
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// line is one of the log, as `downlink front nginx --downloads-log` has nginx write it.
type line struct {
	Time   float64 `json:"time"` // of the end, in seconds since 1970
	ID     string  `json:"id"`   // of the request
	Status int     `json:"status"`
	Bytes  int64   `json:"bytes"` // of the body that were sent
}

// entry is what a line says.
type entry struct {
	catalog.Ended
	time time.Time
}

var errLine = errors.New(`no line of a downloads log: {"time":1795251600.123,"id":"…","status":200,"bytes":1000}`)

// parse reads a line. What was sent with another status than 200 and 206 is no byte of
// the file.
func parse(text []byte) (entry, error) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil || l.ID == "" || l.Time <= 0 || l.Time > math.MaxInt32*16 || l.Bytes < 0 || l.Status == 0 {
		return entry{}, errLine
	}
	e := entry{Ended: catalog.Ended{ID: l.ID, Bytes: l.Bytes}, time: time.UnixMilli(int64(l.Time * 1000))}
	if l.Status != 200 && l.Status != 206 {
		e.Bytes = 0
	}
	return e, nil
}
