package admin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/downlink-go/downlink/core"
)

// sniffed is how many bytes at a file's beginning are looked at, as net/http does.
const sniffed = 512

// octets is the type of what is not known.
const octets = "application/octet-stream"

// recognised are the types that browsers show and that net/http tells by a file's
// first bytes.
var recognised = []string{
	"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/x-icon", "application/pdf", "audio/mpeg", "audio/wav",
	"video/mp4", "video/webm",
}

// pinnedType is the media type under which a file goes out from now on: that of its
// name, unless its first bytes would have to show it and do not. A name without a
// type leaves it to the bytes.
func pinnedType(name string, head []byte) string {
	byBytes, _, _ := strings.Cut(http.DetectContentType(head), ";")
	byBytes = strings.Replace(byBytes, "audio/wave", "audio/wav", 1)
	switch byName := core.MediaType(name); {
	case byName == octets && slices.Contains(recognised, byBytes):
		return byBytes
	case slices.Contains(recognised, byName) && byName != byBytes && !vague(byName, byBytes):
		return octets
	default:
		return byName
	}
}

// vague reports whether files of a type need not begin with what tells it.
func vague(byName, byBytes string) bool {
	return (byBytes == octets || byBytes == "text/plain") && (strings.HasPrefix(byName, "audio/") || strings.HasPrefix(byName, "video/"))
}

// isPicture reports whether the pages show files of a type as an item's picture.
func isPicture(mediaType string) bool {
	return slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp"}, mediaType)
}

var errPicture = &fault{http.StatusUnsupportedMediaType, "A picture is a PNG, JPEG, GIF or WebP file. This one is not."}
