package nethttp

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"path/filepath"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// Sendfile answers a request of a handler of your own with the local file at an
// absolute path: django-sendfile's sendfile(request, filename, …). The caller has
// decided that the client may have the file; ranges, conditions, HEAD and a file that
// is not there are answered here. Methods other than GET and HEAD are answered 405.
//
// A link in the file's own directory is followed as long as it stays there. A program
// that sends many files from one folder keeps a Sender instead.
func Sendfile(w http.ResponseWriter, r *http.Request, path string, o SendfileOptions) {
	s, err := NewSender(filepath.Dir(path), SenderOptions{})
	if err != nil {
		s = failed(err)
	}
	defer s.Close()
	s.Sendfile(w, r, path, o)
}

// failed is a sender of no files: 404 for a folder that is not there, else 500.
func failed(err error) *Sender {
	view := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) { return download.File{}, err })
	routes := []download.Route{{Pattern: sendfilePath, View: view}}
	if errors.Is(err, fs.ErrNotExist) {
		routes = nil
	}
	service, _ := download.New(routes, nil) // one plain pattern is never refused
	return &Sender{handler: New(service, Options{})}
}

// SendfileOptions are django-sendfile's arguments. The zero value shows a file under
// its own name if its type is one that cannot run script, and has it saved otherwise.
type SendfileOptions struct {
	Attachment         bool   // have it saved rather than shown
	AttachmentFilename string // client-side name; "" keeps the file's own
	MIMEType           string // "" goes by the extension
	Encoding           string // content coding of the stored bytes; it is never guessed
}

// SenderOptions are the settings of a Sender: SENDFILE_ROOT is NewSender's argument,
// SENDFILE_BACKEND and SENDFILE_URL are Rule.
type SenderOptions struct {
	// Rule hands the files to a front server; without a source it is for all of them.
	// nil sends them from this process.
	Rule *download.Rule
	// Handler is as for New.
	Handler Options
}

// Sender sends the files below a folder. It is safe for concurrent use.
type Sender struct {
	view    *download.PathView
	handler *Handler
}

// NewSender returns a sender of the files below the directory root. No other file is
// sent, whatever path is asked for. Close it.
func NewSender(root string, o SenderOptions) (*Sender, error) {
	view, err := download.NewPathView(root, core.Options{})
	if err != nil {
		return nil, err
	}
	view.Compute = func(ctx context.Context, _ *download.Request) (string, error) { return callOf(ctx).path, nil }
	service, err := download.New([]download.Route{{Pattern: sendfilePath, View: download.ViewFunc(
		func(ctx context.Context, r *download.Request) (download.File, error) {
			f, err := view.File(ctx, r)
			f.Options = callOf(ctx).options.view()
			return f, err
		})}}, o.rules(root))
	if err != nil {
		view.Close()
		return nil, err
	}
	return &Sender{view: view, handler: New(service, o.Handler)}, nil
}

// sendfilePath is the one path of a sender's service: a request's own path chooses
// nothing.
const sendfilePath = "/file"

func (o *SenderOptions) rules(root string) []download.Rule {
	if o.Rule == nil {
		return nil
	}
	rule := *o.Rule
	if rule.Source+rule.SourceDir+rule.SourceURL == "" {
		if abs, err := filepath.Abs(root); err == nil {
			rule.SourceDir = abs
		}
	}
	return []download.Rule{rule}
}

// call is what a handler asks of Sendfile.
type call struct {
	path    string
	options SendfileOptions
}

type callKey struct{}

func callOf(ctx context.Context) call {
	c, _ := ctx.Value(callKey{}).(call)
	return c
}

func (o SendfileOptions) view() core.Options {
	return core.Options{Inline: !o.Attachment, Basename: o.AttachmentFilename, MediaType: o.MIMEType, Encoding: o.Encoding}
}

// Sendfile is the function Sendfile for a file below the sender's folder; any other
// path is answered 404.
func (s *Sender) Sendfile(w http.ResponseWriter, r *http.Request, path string, o SendfileOptions) {
	ctx := context.WithValue(r.Context(), callKey{}, call{path, o})
	s.handler.serveAt(w, r.WithContext(ctx), sendfilePath)
}

// Close lets go of the folder.
func (s *Sender) Close() error {
	if s.view == nil {
		return nil
	}
	return s.view.Close()
}
