package s3store

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/downlink-go/downlink/storage"
)

// finish completes the upload. If S3 does not know it any more, it may have been
// completed by a try whose answer was lost, which the object itself tells.
func (u *upload) finish(ctx context.Context) (etag string, err error) {
	etag, err = u.complete(ctx)
	if !errors.Is(err, storage.ErrNotFound) {
		return etag, err
	}
	m, err := u.store.stat(ctx, u.key)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return "", err
	}
	want, known := u.etag()
	if err != nil || m.Size != u.size || known && m.ETag != want {
		return "", fmt.Errorf("%w: S3 gave the upload up before it was whole: save it again", storage.ErrUnavailable)
	}
	return m.ETag, nil
}

// etag is the entity-tag of the object that the parts make, and whether it can be known:
// those of parts are not their MD5 sums if S3 encrypts by keys other than its own
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html).
func (u *upload) etag() (etag string, known bool) {
	var sums []byte
	for _, p := range u.parts {
		sum, err := hex.DecodeString(strings.Trim(p.ETag, `"`))
		if err != nil || len(sum) != md5.Size || u.encrypted {
			return "", false
		}
		sums = append(sums, sum...)
	}
	return fmt.Sprintf(`"%x-%d"`, md5.Sum(sums), len(u.parts)), true
}
