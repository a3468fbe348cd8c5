package admin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"
)

// The limits of a form with files, beside that of each file.
const (
	mostParts  = 200
	mostField  = 64 << 10 // bytes of a value
	mostHeader = 64 << 10 // bytes of the fields of a part, and of what stands before it
)

// uploaded is what a form with files came to.
type uploaded struct {
	Slugs []string
	place
}

// uploadForm takes a form with files as it comes in: none is kept in memory. The
// fields "item", "field", "version" and "keep_name" stand before the files that they are for.
func (x *visit) uploadForm() (done uploaded, err error) {
	body := &meteredBody{r: x.r.Body, control: x.control(), left: mostHeader}
	x.r.Body = io.NopCloser(body)
	_ = x.control().SetWriteDeadline(time.Time{})
	defer func() { _ = x.control().SetWriteDeadline(time.Now().Add(writeTimeout)) }()
	parts, err := x.r.MultipartReader()
	if err != nil {
		return done, errForm
	}
	for range mostParts {
		body.left = mostHeader
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return done, nil
		}
		if err != nil {
			return done, malformed(err)
		}
		body.left = -1
		if err := x.take(&done, part); err != nil {
			return done, body.cause(err)
		}
	}
	return done, errTooLarge
}

// take takes one part of a form.
func (x *visit) take(done *uploaded, part *multipart.Part) error {
	field := map[string]*string{"item": &done.Item, "field": &done.Field, "version": &done.Version}[part.FormName()]
	switch {
	case part.FileName() == "" && part.FormName() == "file":
		return nil // a browser's word for no file
	case part.FormName() == "file":
		return x.takeFile(done, part)
	case part.FormName() == "keep_name":
		done.KeepName = true
		fallthrough
	case field == nil:
		_, err := io.Copy(io.Discard, &limited{part, mostField})
		return err
	}
	value, err := io.ReadAll(&limited{part, mostField})
	*field = string(value)
	return err
}

// takeFile stores a file of a form. One that came with an error leaves nothing that
// no item has.
func (x *visit) takeFile(done *uploaded, part *multipart.Part) error {
	ctx := context.WithoutCancel(x.r.Context())
	if err := x.checkPlace(ctx, done.place); err != nil {
		return err
	}
	a := arrival{newID(), part.FileName(), done.place}
	f, err := x.store(ctx, a, &limited{part, x.opts.MaxForm})
	if err != nil {
		return err
	}
	slug, err := x.settle(ctx, a, f)
	if err != nil {
		x.discard(ctx, f) // unless the catalogue has it, and its word of that was lost
		return err
	}
	done.Slugs = append(done.Slugs, slug)
	return nil
}

// limited reads at most left bytes, and fails if there are more.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(b []byte) (int, error) {
	if l.left < int64(len(b)) {
		b = b[:l.left+1]
	}
	n, err := l.r.Read(b)
	if int64(n) > l.left {
		return int(l.left), errTooLarge
	}
	l.left -= int64(n)
	return n, err
}

// meteredBody is a body that arrives as slowly as it likes as long as it arrives, and
// of which at most left bytes may stand between two parts; -1 is any number.
type meteredBody struct {
	r       io.Reader
	control *http.ResponseController
	next    time.Time // when the deadline is moved on again
	left    int64
	err     error
}

func (m *meteredBody) Read(b []byte) (int, error) {
	if now := time.Now(); now.After(m.next) {
		const often = networkTimeout / 10
		m.next = now.Add(often)
		_ = m.control.SetReadDeadline(now.Add(networkTimeout))
	}
	n, err := m.r.Read(b)
	if m.left >= 0 {
		if m.left -= int64(n); m.left < 0 {
			m.left, err = 0, errTooLarge
			n = 0
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return n, err
}

// cause is why a part of a form could not be taken. That the form breaks off is its
// own fault, and whoever sent it has most likely gone.
func (m *meteredBody) cause(err error) error {
	var f *fault
	switch {
	case errors.As(err, &f):
		return err
	case m.err != nil, errors.Is(err, io.ErrUnexpectedEOF):
		return errForm
	}
	return err
}

// malformed is why there is no next part.
func malformed(err error) error {
	var f *fault
	switch {
	case errors.As(err, &f):
		return err
	case errors.Is(err, multipart.ErrMessageTooLarge), errors.Is(err, bufio.ErrBufferFull):
		return errTooLarge
	}
	return errForm
}

func uploadPage(x *visit) error {
	return x.show("upload", shown{Title: "Upload", Section: "upload", Data: x.opts.MaxUpload})
}

// upload takes the form of a browser without JavaScript.
func upload(x *visit) error {
	done, err := x.uploadForm()
	if err != nil {
		return err
	}
	switch len(done.Slugs) {
	case 0:
		return x.goTo(Path+"upload", "Choose a file first.")
	case 1:
		return x.goTo(itemPath(done.Slugs[0]), "The file was uploaded.")
	}
	return x.goTo(Path, fmt.Sprintf("%d files were uploaded. Each is a draft of its own.", len(done.Slugs)))
}

// itemPath is the page of an item.
func itemPath(slug string) string { return Path + "item/" + url.PathEscape(slug) }
