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
	"github.com/downlink-go/downlink/storage"
)

// What S3 says in XML, as far as it is read
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html).

// listed is the answer to ListObjectsV2.
type listed struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	EncodingType          string
	IsTruncated           bool
	NextContinuationToken string
	Contents              []struct {
		Key          string
		LastModified time.Time
		ETag         string
		Size         int64
	}
}

// listedParts is the answer to ListParts.
type listedParts struct {
	XMLName              xml.Name `xml:"ListPartsResult"`
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

// begun is the answer to CreateMultipartUpload.
type begun struct {
	XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
	UploadID string   `xml:"UploadId"`
}

// completed is the answer to a completion.
type completed struct {
	XMLName xml.Name `xml:"CompleteMultipartUploadResult"`
	ETag    string
}

// mostListed is the most of an answer in XML that is read, in bytes: a thousand keys.
const mostListed = 16 << 20

// document asks by c for something that is answered in XML, and reads that into out, whose XMLName is what it has to be. An
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

// lacks is the error of an answer without what it is of no use without.
func (s *Store) lacks(what string) error {
	return fmt.Errorf("%w: the answer has no %s: is %s an S3 server?", storage.ErrUnavailable, what, s.base.Host)
}

// query is a request for a URL with a query.
func query(method string, u *url.URL, q url.Values, body []byte) *awscall.Request {
	u.RawQuery = q.Encode()
	return &awscall.Request{Method: method, URL: u, Body: body}
}
