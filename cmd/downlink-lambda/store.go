package main

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/cloudfront"
	"github.com/downlink-go/downlink/storage/s3store"
)

// openStore opens a store of the configuration: a bucket, as there are no others on
// Lambda.
func openStore(st config.Store) (*storage.Store, error) {
	bucket, err := s3store.New(s3store.Options{
		Bucket: st.Bucket, Region: st.Region, Endpoint: st.Endpoint, PathStyle: st.PathStyle, Prefix: st.Prefix,
		Timeout: st.Timeout, ReadTimeout: st.ReadTimeout,
	})
	if err != nil {
		return nil, err
	}
	e := storage.Elsewhere{Presigner: bucket, Delivery: storage.Delivery(st.Delivery), MinSize: int64(st.RedirectMinBytes), Expires: st.RedirectExpires}
	switch {
	case st.UnsignedPublicURL != "":
		e.Presigner = storage.UnsignedPublicURL(st.UnsignedPublicURL)
	case st.CloudFrontURL != "":
		e.Presigner = &distribution{store: st, secret: newSecrets(os.Getenv).get}
	}
	return storage.New(st.Name, bucket).WithBaseURL(st.BaseURL).WithElsewhere(e), nil
}

// distribution is a presigner of CloudFront whose key is fetched when it first signs.
type distribution struct {
	store  config.Store
	secret func(ctx context.Context, variable string) (string, error)
	mu     sync.Mutex
	signer *cloudfront.Signer
}

// Presign returns a signed URL. Without the key nobody is sent anywhere: ErrUnavailable.
func (d *distribution) Presign(ctx context.Context, key string, o storage.PresignOptions) (string, error) {
	s, err := d.open(ctx)
	if err != nil {
		return "", fmt.Errorf("key of CloudFront: %w: %w", storage.ErrUnavailable, err)
	}
	return s.Presign(ctx, key, o)
}

// Origin is that of the distribution. It needs no key.
func (d *distribution) Origin() string { return storage.Origin(d.store.CloudFrontURL) }

func (d *distribution) open(ctx context.Context) (*cloudfront.Signer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.signer != nil {
		return d.signer, nil
	}
	text, err := d.secret(ctx, d.store.CloudFrontKeyEnv)
	if err != nil {
		return nil, err
	}
	private, err := cloudfront.ParseKey([]byte(text))
	if err != nil {
		return nil, err
	}
	d.signer, err = cloudfront.New(d.store.CloudFrontURL, d.store.CloudFrontKeyID, private)
	return d.signer, err
}
