package download

import (
	"strings"

	"github.com/downlink-go/downlink/core"
)

// preview reports whether nobody asked for the file: a browser fetches it ahead
// (Sec-Purpose, and its forerunners), or a program that shows what a link in a
// message leads to.
func preview(r *Request) bool {
	if r.Header == nil {
		return false
	}
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		value := strings.ToLower(r.Header.Get(name))
		for _, word := range [...]string{"prefetch", "prerender", "preview", "instant"} {
			if strings.Contains(value, word) {
				return true
			}
		}
	}
	return core.Previews(r.Header.Get("User-Agent"))
}
