package catalog

import "time"

// Use is a download by a signed link with a use limit.
type Use struct {
	Link    string    // the link's id
	Max     int64     // how many downloads it is for
	Expires time.Time // the link's; later nobody asks for it again
	Client  string    // the client's address; "" if unknown
	Now     time.Time
	Until   time.Time // until when the client may go on with the download
}
