package s3store

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

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
	q := url.Values{
		"list-type": {"2"}, "prefix": {s.opts.Prefix + prefix},
		"encoding-type": {"url"}, // XML cannot hold every key
	}
	for {
		page, err := s.page(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Contents {
			e, ok := s.entry(page, i)
			if ok && !yield(e) {
				return nil
			}
		}
		if !page.IsTruncated {
			return nil
		}
		if err := s.turn(q, "continuation-token", page.NextContinuationToken); err != nil {
			return err
		}
	}
}

// turn has a query ask for the next page, which follows a mark. Without a new one there
// would be no end.
func (s *Store) turn(q url.Values, name, mark string) error {
	if mark == "" || mark == q.Get(name) {
		return fmt.Errorf("%w: %s has more, and does not say after what: %s %q", storage.ErrUnavailable, s.base.Host, name, mark)
	}
	q.Set(name, mark)
	return nil
}

// legalPrefix reports whether a key that [core.CheckKey] passes can begin so: some
// servers answer other prefixes with an error.
func legalPrefix(prefix string) bool { return core.CheckKey(prefix+"x") == "" }

func (s *Store) page(ctx context.Context, q url.Values) (page *listed, err error) {
	limited, cancel := context.WithTimeoutCause(ctx, s.opts.Timeout, errNoAnswer)
	defer cancel()
	page = new(listed)
	if err := s.document(limited, s.client, query(http.MethodGet, s.bucket(), q, nil), page); err != nil {
		return nil, s.failure(ctx, limited, err)
	}
	return page, nil
}

// bucket is the URL of the bucket itself.
func (s *Store) bucket() *url.URL {
	u := *s.base
	u.Path = cmp.Or(u.Path, "/")
	return &u
}

// entry translates one object of a page, and reports whether it lies in the store.
func (s *Store) entry(page *listed, i int) (storage.Entry, bool) {
	o, key := &page.Contents[i], page.Contents[i].Key
	if page.EncodingType == "url" {
		var err error
		if key, err = url.QueryUnescape(key); err != nil {
			return storage.Entry{}, false
		}
	}
	key, ok := strings.CutPrefix(key, s.opts.Prefix)
	m := core.Metadata{Size: o.Size, ETag: quoted(o.ETag), LastModified: o.LastModified.Truncate(time.Second)}
	return storage.Entry{Key: key, Metadata: m}, ok
}
