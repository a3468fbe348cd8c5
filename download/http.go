package download

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/httpstore"
)

// HTTPView serves files of other servers (HTTPDownloadView in django-downloadview,
// which has neither a time limit nor a list of servers). Of a client's request only
// Range, validators and CDN-Loop go on; of the answer only type, length, coding, entity-tag
// and modification time come back. 404 and 410 are the client's answer too, 502 and
// 504 take the place of every other failure.
type HTTPView struct {
	Client *httpstore.Client
	// URL is the file's URL, percent-encoded, with {name} for a variable of the
	// pattern behind the host: "https://files.example/public/{path}".
	URL string
	// Compute, if set, returns the file's URL in place of URL. An origin that Client
	// may not ask is answered 502.
	Compute func(ctx context.Context, r *Request) (string, error)
	Options core.Options
}

var _ View = (*HTTPView)(nil)

// File returns the file that URL or Compute names. It is asked for when it is opened.
func (v *HTTPView) File(ctx context.Context, r *Request) (File, error) {
	remote := r.Plan.Key
	if v.Compute != nil {
		var err error
		if remote, err = v.Compute(ctx, r); err != nil {
			return File{}, err
		}
	}
	ask := asked(r.Request)
	if native, ok := r.Native.(*http.Request); ok {
		var err error
		if ask.Through, err = v.Client.Through(native.Header); err != nil {
			return File{}, err
		}
	}
	return File{
		Key:     nameOf(remote),
		Options: v.Options,
		Open: func(ctx context.Context) (storage.Object, error) {
			return v.Client.Open(ctx, remote, ask)
		},
	}, nil
}

// asked is what the server is asked at once. If-Match and If-Unmodified-Since are for
// this server to compare: then the metadata come first.
func asked(r core.Request) httpstore.Ask {
	ask := httpstore.Ask{IfRange: r.IfRange, IfNoneMatch: r.IfNoneMatch, IfModifiedSince: r.IfModifiedSince}
	if r.IfNoneMatch != "" {
		ask.IfModifiedSince = "" // it does not count beside (RFC 9110 §13.1.3)
	}
	r.IfNoneMatch, r.IfModifiedSince = "", ""
	ask.First = core.FirstSpan(r)
	return ask
}

// nameOf is the decoded path of a URL, whose last segment is the file's name.
func nameOf(remote string) string {
	u, err := url.Parse(remote)
	if err != nil {
		return ""
	}
	return strings.Trim(u.Path, "/")
}

func (v *HTTPView) route() core.Route {
	if v.Compute != nil {
		return core.Route{Lookup: core.Custom}
	}
	return core.Route{Lookup: core.Remote, Path: v.URL, Options: v.Options}
}
