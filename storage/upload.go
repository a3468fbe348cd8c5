package storage

import (
	"context"
	"time"

	"github.com/downlink-go/downlink/core"
)

// Part is a part of an object that is sent in parts.
type Part struct {
	Number int // from 1
	Size   int64
	ETag   string // as the product names this part's bytes; "" of one that is not there yet
}

// Uploader is an optional ability of a driver: an object is sent in parts that stay
// where they are until it is whole, whoever sends them.
type Uploader interface {
	// BeginUpload begins an object at key, of which nobody sees anything before
	// CompleteUpload. id is the product's name for it.
	BeginUpload(ctx context.Context, key string) (id string, err error)
	// UploadedParts are the parts that are there, by their numbers. Errors: ErrNotFound
	// if the upload was completed, given up or never begun.
	UploadedParts(ctx context.Context, key, id string) ([]Part, error)
	// CompleteUpload makes the object of these parts, as they are named, at once. Errors
	// as UploadedParts'.
	CompleteUpload(ctx context.Context, key, id string, parts []Part) (core.Metadata, error)
	// AbortUpload lets go of all parts. Errors as UploadedParts'.
	AbortUpload(ctx context.Context, key, id string) error
}

// PartPresigner is an optional ability of an Uploader: it has others send parts.
type PartPresigner interface {
	// PresignPart returns a URL that takes this part by PUT until it expires, with
	// exactly its bytes' number as Content-Length: no other part, and no other key.
	PresignPart(ctx context.Context, key, id string, p Part, expires time.Duration) (url string, err error)
	// Origin is the origin (RFC 6454) of those URLs.
	Origin() string
}

// Uploads are the objects of a store that others send to its product in parts.
type Uploads struct {
	store     *Store
	uploader  Uploader
	presigner PartPresigner
}

// Uploads returns what objects are sent in parts by; nil if the driver cannot have others
// do so.
func (s *Store) Uploads() *Uploads {
	u, ok := s.driver.(Uploader)
	if !ok {
		return nil
	}
	p, ok := s.driver.(PartPresigner)
	if !ok {
		return nil
	}
	return &Uploads{s, u, p}
}

// Origin is the origin that URLs of parts have.
func (u *Uploads) Origin() string { return u.presigner.Origin() }

// Begin is Uploader's BeginUpload.
func (u *Uploads) Begin(ctx context.Context, key string) (id string, err error) {
	if err := u.store.check(key); err != nil {
		return "", err
	}
	id, err = u.uploader.BeginUpload(ctx, key)
	return id, u.store.wrap("begin", key, err)
}

// Parts is Uploader's UploadedParts.
func (u *Uploads) Parts(ctx context.Context, key, id string) ([]Part, error) {
	parts, err := u.uploader.UploadedParts(ctx, key, id)
	return parts, u.store.wrap("list the parts of", key, err)
}

// Complete is Uploader's CompleteUpload.
func (u *Uploads) Complete(ctx context.Context, key, id string, parts []Part) (core.Metadata, error) {
	m, err := u.uploader.CompleteUpload(ctx, key, id, parts)
	return m, u.store.wrap("complete", key, err)
}

// Abort is Uploader's AbortUpload.
func (u *Uploads) Abort(ctx context.Context, key, id string) error {
	return u.store.wrap("give up", key, u.uploader.AbortUpload(ctx, key, id))
}

// Presign is PartPresigner's PresignPart.
func (u *Uploads) Presign(ctx context.Context, key, id string, p Part, expires time.Duration) (string, error) {
	url, err := u.presigner.PresignPart(ctx, key, id, p, expires)
	return url, u.store.wrap("presign a part of", key, err)
}
