// Package cloudfront makes signed URLs of a distribution of Amazon CloudFront, at
// which clients get the objects of any store that the distribution has as its origin.
package cloudfront

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/cloudfront/sign"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

var _ storage.Presigner = (*Signer)(nil)

// Signer is a storage.Presigner. It is safe for concurrent use.
type Signer struct {
	base   string
	signer *sign.URLSigner
}

// New returns a signer for the objects below base, the distribution's URL with the
// path of the store in it, such as "https://d111111abcdef8.cloudfront.net/files/".
// keyID is that of the public key at CloudFront, key its private half.
func New(base, keyID string, key crypto.Signer) (*Signer, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf(`cloudfront: URL %q: write the distribution's, such as "https://d111111abcdef8.cloudfront.net/"`, base)
	case keyID == "":
		return nil, errors.New("cloudfront: the id of the public key is missing")
	}
	return &Signer{strings.TrimSuffix(base, "/") + "/", sign.NewURLSigner(keyID, key)}, nil
}

// ReadKey reads the file of a private key, as ParseKey takes it.
func ReadKey(path string) (crypto.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cloudfront: private key: %w", err)
	}
	key, err := ParseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%w: file %s", err, path)
	}
	return key, nil
}

// ParseKey reads a private key in PEM, PKCS #8 or PKCS #1, as openssl and AWS make it.
// No error tells any of it.
func ParseKey(text []byte) (crypto.Signer, error) {
	if key, err := sign.LoadPEMPrivKeyPKCS8AsSigner(bytes.NewReader(text)); err == nil {
		return key, nil
	}
	key, err := sign.LoadPEMPrivKey(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("cloudfront: private key: %w", err)
	}
	return key, nil
}

// Origin is that of the distribution.
func (s *Signer) Origin() string { return storage.Origin(s.base) }

// Presign returns the signed URL of the object at key. The fields are parameters of
// S3's GetObject: the distribution has to pass the query on to the origin.
func (s *Signer) Presign(_ context.Context, key string, o storage.PresignOptions) (string, error) {
	u := core.AppendEscapedPath([]byte(s.base), key)
	query := url.Values{}
	for _, f := range o.Fields {
		switch f.Name {
		case "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type":
			query.Set("response-"+strings.ToLower(f.Name), f.Value)
		}
	}
	if len(query) > 0 {
		u = append(append(u, '?'), strings.ReplaceAll(query.Encode(), "+", "%20")...)
	}
	signed, err := s.signer.Sign(string(u), time.Now().Add(o.Expires))
	if err != nil {
		return "", fmt.Errorf("cloudfront: %w: %w", storage.ErrUnavailable, err)
	}
	return signed, nil
}
