package s3store

import (
	"context"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// List calls yield for the objects in the order of their keys: a request for each
// thousand. Media types are left out, S3 does not list them.
func (s *Store) List(ctx context.Context, prefix string, yield func(storage.Entry) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !legalPrefix(prefix) {
		return nil
	}
	in := &s3.ListObjectsV2Input{
		Bucket: &s.opts.Bucket, Prefix: aws.String(s.opts.Prefix + prefix),
		EncodingType: types.EncodingTypeUrl, // XML cannot hold every key
	}
	for pages := s3.NewListObjectsV2Paginator(s.client, in); pages.HasMorePages(); {
		page, err := s.page(ctx, pages)
		if err != nil {
			return err
		}
		for i := range page.Contents {
			e, ok := s.entry(&page.Contents[i], page.EncodingType == types.EncodingTypeUrl)
			if ok && !yield(e) {
				return nil
			}
		}
	}
	return nil
}

// legalPrefix reports whether a key that [core.CheckKey] passes can begin so: some
// servers answer other prefixes with an error.
func legalPrefix(prefix string) bool { return core.CheckKey(prefix+"x") == "" }

func (s *Store) page(ctx context.Context, pages *s3.ListObjectsV2Paginator) (*s3.ListObjectsV2Output, error) {
	head, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
	defer cancel()
	page, err := pages.NextPage(head)
	if err != nil {
		return nil, s.failure(ctx, head, err)
	}
	return page, nil
}

// entry translates one object of a page, and reports whether it lies in the store.
func (s *Store) entry(o *types.Object, escaped bool) (storage.Entry, bool) {
	key := aws.ToString(o.Key)
	if escaped {
		var err error
		if key, err = url.QueryUnescape(key); err != nil {
			return storage.Entry{}, false
		}
	}
	key, ok := strings.CutPrefix(key, s.opts.Prefix)
	m := metadata(aws.ToInt64(o.Size), o.ETag, o.LastModified, nil, nil)
	return storage.Entry{Key: key, Metadata: m}, ok
}
