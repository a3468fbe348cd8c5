package download

import (
	"context"
	"errors"
	"io/fs"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/httpstore"
)

// failures maps errors to what the client gets: a status and a phrase for the
// log. The first that the error wraps wins. What is not here is a 500.
var failures = []struct {
	err    error
	status int
	reason string
}{
	{ErrForbidden, 403, "the view forbids it"},
	{generate.ErrNoUser, 403, "the file is for a known user only"},
	{generate.ErrArgument, 400, "the arguments cannot be used"},
	{zipfile.ErrTooMany, 403, "too many files for one zip file"},
	{ErrUndecided, 503, "nobody says whether it is allowed"},
	{ErrGone, 410, "the file is no longer offered"},
	{catalog.ErrGone, 410, "the item expired"},
	{catalog.ErrNotFound, 404, "no such item"},
	{httpstore.ErrGone, 410, "the remote server no longer offers it"},
	{httpstore.ErrTimeout, 504, "the remote server did not answer in time"},
	{httpstore.ErrBadGateway, 502, "the remote server may not be asked or did not answer well"},
	{storage.ErrNotFound, 404, "no such file"},
	{storage.ErrChanged, 503, "the file changed meanwhile"},
	{catalog.ErrUnavailable, 503, "the catalogue does not answer"},
	{storage.ErrUnavailable, 503, "the store does not answer"},
	{context.DeadlineExceeded, 503, "looking up took too long"},
	{context.Canceled, 503, "the client went away"},
	{fs.ErrNotExist, 404, "no such file"}, // of a view that opens files; last, as what is above may be for want of one
}

// refusal is the decision for an error of a view, a store or the catalogue.
func refusal(err error) core.Decision {
	for _, f := range failures {
		if errors.Is(err, f.err) {
			return core.Refuse(f.status, f.reason)
		}
	}
	return core.Refuse(500, "unexpected error")
}
