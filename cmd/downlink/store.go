package main

import (
	"crypto"
	"fmt"
	"os"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/cloudfront"
	"github.com/downlink-go/downlink/storage/dirstore"
	"github.com/downlink-go/downlink/storage/s3store"
)

// store opens a store of the configuration. S3 is not asked anything yet.
func (s *site) store(st config.Store) (*storage.Store, error) {
	if st.Name == config.GeneratedStore {
		return s.openCache()
	}
	driver, err := s.driver(st)
	if err != nil {
		return nil, err
	}
	e, err := otherPlace(st, driver)
	if err != nil {
		return nil, err
	}
	return storage.New(st.Name, driver).WithBaseURL(st.BaseURL).WithElsewhere(e), nil
}

func (s *site) driver(st config.Store) (storage.Driver, error) {
	if st.Driver == config.DriverS3 {
		o := s3store.Options{
			Bucket: st.Bucket, Region: st.Region, Endpoint: st.Endpoint, PathStyle: st.PathStyle, Prefix: st.Prefix,
			Timeout: st.Timeout, ReadTimeout: st.ReadTimeout,
		}
		if st.CredentialsFile != "" {
			o.Credentials = s3store.FromFile(st.CredentialsFile)
		}
		bucket, err := s3store.New(o)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, bucket)
		return bucket, nil
	}
	dir, err := dirstore.Open(st.Path)
	if err != nil {
		return nil, err
	}
	s.closers, s.dirs = append(s.closers, dir), append(s.dirs, dir)
	return dir, nil
}

// otherPlace is where else clients get the store's files: what the operator named, or
// else the driver's own product. A driver that makes no URLs gives none.
func otherPlace(st config.Store, driver storage.Driver) (storage.Elsewhere, error) {
	e := storage.Elsewhere{Delivery: storage.Delivery(st.Delivery), MinSize: int64(st.RedirectMinBytes), Expires: st.RedirectExpires}
	switch {
	case st.UnsignedPublicURL != "":
		e.Presigner = storage.UnsignedPublicURL(st.UnsignedPublicURL)
	case st.CloudFrontURL != "":
		key, err := distributionKey(st)
		if err != nil {
			return e, err
		}
		if e.Presigner, err = cloudfront.New(st.CloudFrontURL, st.CloudFrontKeyID, key); err != nil {
			return e, err
		}
	default:
		e.Presigner, _ = driver.(storage.Presigner)
	}
	return e, nil
}

// distributionKey is the private key for CloudFront, of a file or of the environment.
func distributionKey(st config.Store) (crypto.Signer, error) {
	if st.CloudFrontKeyEnv == "" {
		return cloudfront.ReadKey(st.CloudFrontKeyFile)
	}
	text, found := os.LookupEnv(st.CloudFrontKeyEnv)
	if !found {
		return nil, fmt.Errorf("cloudfront: the environment has no variable %s with the private key", st.CloudFrontKeyEnv)
	}
	return cloudfront.ParseKey([]byte(text))
}

// place is where a store's files are, in a sentence.
func place(st config.Store) string {
	if st.Driver == config.DriverS3 {
		return "s3://" + st.Bucket + "/" + st.Prefix
	}
	return st.Path
}
