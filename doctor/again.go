package doctor

import (
	"fmt"

	"github.com/downlink-go/downlink/download"
)

// again is what mends a front server whose lines the doctor does not know: all but
// nginx, for which it is nil. does is what the server is to do.
func (x *exam) again(does string) *Change {
	if x.FrontName == download.Nginx || x.FrontName == "" && x.conf != nil {
		return nil
	}
	return written(x.FrontName, does)
}

// written is the change of a whole configuration.
func written(front, does string) *Change {
	switch front {
	case download.Nginx, download.Apache, download.Lighttpd, download.Caddy:
		return &Change{Text: fmt.Sprintf("let `downlink front %s` write its configuration again, so that it %s", front, does)}
	}
	return &Change{Text: "change the front server's configuration so that it " + does}
}
