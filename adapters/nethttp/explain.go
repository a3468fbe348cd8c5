package nethttp

import (
	"net/http"
	"time"

	"github.com/downlink-go/downlink/download"
)

// Explain decides about r as h does, and sends and logs nothing. Links with a use limit
// are counted, if the service counts them. Close the answer.
func (h *Handler) Explain(r *http.Request) (*download.Request, *download.Answer) {
	x := exchange{Handler: h, r: r, start: time.Now()}
	x.decide()
	return &x.req, &x.answer
}
