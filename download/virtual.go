package download

import (
	"context"
	"errors"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// VirtualView serves files that are made for each request and kept nowhere
// (VirtualDownloadView in django-downloadview).
type VirtualView struct {
	// Make makes the file of one request. It is the place to refuse it, too. What
	// it returns is closed, if it can be, when the answer is over.
	Make    func(ctx context.Context, r *Request) (Virtual, error)
	Options core.Options
}

// Virtual is a file made for one answer.
type Virtual struct {
	// Name is the client-side name unless the view's options have one. The type goes
	// by its extension unless MediaType or the options say otherwise.
	Name    string
	Content Content
	// ETag is quoted, with W/ in front if weak. "" is none, but for Bytes and String,
	// which have one of their own. With one, clients ask for the file again only if
	// it changed, and can go on with a download that broke off.
	ETag      string
	Modified  time.Time // zero if unknown
	MediaType string
}

var _ View = (*VirtualView)(nil)

var errNoContent = errors.New("the virtual file has no content: use Bytes, String, Reader, Chunks or ChunksOrError")

// File makes the file.
func (v *VirtualView) File(ctx context.Context, r *Request) (File, error) {
	made, err := v.Make(ctx, r)
	if err != nil {
		return File{}, err
	}
	if made.Content.open == nil {
		return File{}, errNoContent
	}
	return File{Key: made.Name, Options: v.Options, Open: made.open}, nil
}

func (m *Virtual) open(context.Context) (storage.Object, error) {
	object, err := m.Content.open()
	if err != nil {
		return nil, err
	}
	found := core.Metadata{Size: object.size, ETag: object.etag, LastModified: m.Modified, MediaType: m.MediaType}
	if m.ETag != "" {
		found.ETag = m.ETag
	}
	object.metadata = found
	return object.as(), nil
}
