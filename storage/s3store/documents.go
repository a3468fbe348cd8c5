package s3store

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/downlink-go/downlink/internal/awscall"
)

// What S3 says in XML, as far as it is read
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html).

// listed is the answer to ListObjectsV2.
type listed struct {
	EncodingType          string
	NextContinuationToken string // "" at the end
	Contents              []struct {
		Key          string
		LastModified time.Time
		ETag         string
		Size         int64
	}
}

// listedParts is the answer to ListParts.
type listedParts struct {
	IsTruncated          bool
	NextPartNumberMarker string
	Part                 []sentPart
}

// sentPart is a part of an upload, in answers and in what completes it.
type sentPart struct {
	ETag       string
	PartNumber int
	Size       int64 `xml:",omitempty"`
}

// completion is what completes an upload.
type completion struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUpload"`
	Part    []sentPart
}

// made is the answer to what makes an upload, or an object of it.
type made struct {
	UploadID string `xml:"UploadId"`
	ETag     string
}

// mostListed is the most of an answer in XML that is read, in bytes: a thousand keys.
const mostListed = 16 << 20

// document asks by c for something that is answered in XML, and reads that into out. An
// answer that began as a success can be a refusal: S3 begins before it knows. That is
// as good as a status of 5xx
// (https://repost.aws/knowledge-center/s3-resolve-200-internalerror).
func (s *Store) document(ctx context.Context, c *awscall.Client, r *awscall.Request, out any) error {
	return c.Send(ctx, r, func(answer *http.Response) error {
		defer answer.Body.Close()
		text, err := io.ReadAll(io.LimitReader(answer.Body, mostListed))
		if err != nil {
			return err
		}
		var root struct{ XMLName xml.Name }
		if err := xml.Unmarshal(text, &root); err != nil {
			return fmt.Errorf("%w: %w", awscall.ErrDamaged, err)
		}
		if root.XMLName.Local == "Error" {
			return awscall.NewError(http.StatusInternalServerError, answer.Header, text)
		}
		return xml.Unmarshal(text, out)
	})
}

// query is a request for a URL with a query.
func query(method string, u *url.URL, q url.Values, body []byte) *awscall.Request {
	u.RawQuery = q.Encode()
	return &awscall.Request{Method: method, URL: u, Body: body}
}
