package download

import (
	"strings"

	"github.com/downlink-go/downlink/core"
)

// preview reports whether nobody asked for the file: a browser fetches it ahead
// (Sec-Purpose, and its forerunners), or a program that shows what a link in a
// message leads to.
func preview(r *Request) bool {
	return r.Header != nil && (ahead(r) || core.Previews(r.Header.Get("User-Agent")))
}

// ahead reports whether a browser fetches the file ahead of anybody asking for it.
func ahead(r *Request) bool {
	if r.Header == nil {
		return false
	}
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		value := r.Header.Get(name)
		if value == "" {
			continue
		}
		value = strings.ToLower(value)
		for _, word := range [...]string{"prefetch", "prerender", "preview", "instant"} {
			if strings.Contains(value, word) {
				return true
			}
		}
	}
	return false
}
