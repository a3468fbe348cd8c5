package s3store

import (
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/downlink-go/downlink/internal/awscall"
)

// address is the URL of the bucket, without a slash at its end: its name is in the path,
// or before the host's name where it can be
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html).
func address(o Options) (*url.URL, error) {
	switch {
	case strings.HasPrefix(o.Bucket, "arn:"):
		return nil, errors.New("this is the ARN of an access point: write its alias, which is a bucket's name")
	case strings.HasSuffix(o.Bucket, "--x-s3"):
		return nil, errors.New("directory buckets have an API of their own: use a general purpose bucket")
	case strings.HasSuffix(o.Bucket, "--op-s3"):
		return nil, errors.New("access points of Outposts have an API of their own: use a general purpose bucket")
	}
	at, err := awscall.Endpoint("s3", o.Region, o.Endpoint)
	if err != nil {
		return nil, err
	}
	at.Path = strings.TrimSuffix(at.Path, "/")
	if o.PathStyle || !isHostName(o.Bucket, at) {
		at.Path += "/" + o.Bucket
		return at, nil
	}
	at.Host = o.Bucket + "." + at.Host
	return at, nil
}

// isHostName reports whether a bucket can be a part of the host's name: no certificate
// fits one with dots.
func isHostName(bucket string, at *url.URL) bool {
	if net.ParseIP(at.Hostname()) != nil || len(bucket) < 3 || len(bucket) > 63 {
		return false
	}
	return strings.Trim(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
