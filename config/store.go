package config

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

// The deliveries of files that no offload rule takes.
const (
	DeliveryStream   = "stream"   // Downlink sends them
	DeliveryRedirect = "redirect" // clients are sent elsewhere
	DeliveryAuto     = "auto"     // by size
)

var (
	s3Keys        = []string{"bucket", "region", "endpoint", "path_style", "prefix", "credentials_file", "timeout", "read_timeout", "base_url"}
	elsewhereKeys = []string{
		"delivery", "redirect_min_bytes", "redirect_expires", "cloudfront_url", "cloudfront_key_id", "cloudfront_key_file", "cloudfront_key_env", "unsigned_public_url",
	}
)

// longestLife is the most that S3 signs a URL for.
const longestLife = 7 * 24 * time.Hour

const elsewhereRemedy = `write cloudfront_url or unsigned_public_url into the store, or delivery = "stream"`

// sends reports whether a delivery sends clients elsewhere.
func sends(delivery string) bool { return delivery == DeliveryRedirect || delivery == DeliveryAuto }

func (r *report) checkS3(s Store, key string) {
	if s.Driver != DriverS3 {
		return
	}
	if strings.ContainsAny(s.Bucket, "/?#% ") || !isPrintable(s.Bucket) {
		r.fault(key+".bucket", `bucket %s: write its name alone, such as "my-downloads"; folders in it go to prefix`, quote(s.Bucket))
	}
	if strings.HasPrefix(s.Bucket, "arn:") {
		r.fault(key+".bucket", "bucket %s: of an access point write the alias, which is a bucket's name", quote(s.Bucket))
	}
	if strings.HasSuffix(s.Bucket, "--x-s3") {
		r.fault(key+".bucket", "bucket %s: directory buckets have an API of their own; use one for general purposes", quote(s.Bucket))
	}
	if strings.HasSuffix(s.Bucket, "--op-s3") {
		r.fault(key+".bucket", "bucket %s: access points of Outposts have an API of their own; use a bucket for general purposes", quote(s.Bucket))
	}
	if !core.ValidToken(s.Region) {
		r.fault(key+".region", `region %s: write one word, such as "eu-central-1", or "auto" for R2`, quote(s.Region))
	}
	if !isEndpoint(s.Endpoint) {
		r.fault(key+".endpoint", `endpoint %s: write the server's URL without the bucket, such as "https://minio.example.org:9000"`, quote(s.Endpoint))
	}
	if s.Prefix != "" && core.CheckKey(strings.TrimSuffix(s.Prefix, "/")+"/x") != "" {
		r.fault(key+".prefix", `prefix %s: write a relative path such as "downloads/"`, quote(s.Prefix))
	}
}

// isEndpoint reports whether text is the URL of a server, the name of a variable, or
// nothing.
func isEndpoint(text string) bool {
	if _, later := variable(text); later || text == "" {
		return true
	}
	u, err := url.Parse(text)
	return err == nil && isHTTP(u.Scheme) && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

func isHTTP(scheme string) bool { return scheme == "http" || scheme == "https" }

// checkElsewhere checks where else a store's files can be had.
func (r *report) checkElsewhere(s Store, key string) {
	if sends(s.Delivery) && !s.HasElsewhere() && !r.faulty(key+".driver") {
		r.fault(key+".delivery", "delivery %s: the store has no place to send clients to: %s", quote(s.Delivery), elsewhereRemedy)
	}
	if s.RedirectMinBytes < 0 {
		r.fault(key+".redirect_min_bytes", "redirect_min_bytes must be 0 or more; 8388608 suits most sites")
	}
	if s.RedirectExpires > longestLife || s.RedirectExpires%time.Second != 0 {
		r.fault(key+".redirect_expires", `redirect_expires takes whole seconds up to 168h, and less is safer: "5m" lets every client begin`)
	}
	r.checkCloudFront(s, key)
	r.checkElsewhereURL(key+".cloudfront_url", s.CloudFrontURL, "https://d111111abcdef8.cloudfront.net/")
	r.checkElsewhereURL(key+".unsigned_public_url", s.UnsignedPublicURL, "https://mirror.example.org/files/")
}

// checkSends checks a view that sends clients elsewhere against its store on p.
func (r *report) checkSends(c *Config, v View, path string, p Platform) {
	if v.Kind == KindObject && sends(v.Delivery) && !slices.ContainsFunc(c.Stores, func(s Store) bool {
		at, _ := s.in(p)
		return s.on(p) && at.HasElsewhere()
	}) {
		r.fault(path+".delivery", "delivery %s: no store has a place on %v to send clients to: %s", quote(v.Delivery), p, elsewhereRemedy)
	}
	s, found := c.Store(v.Store)
	if v.Kind != KindStorage || !found || !s.on(p) || !sends(v.Delivery) {
		return
	}
	if at, _ := s.in(p); !at.HasElsewhere() {
		r.fault(path+".delivery", "delivery %s: the store %s has no place on %v to send clients to: %s", quote(v.Delivery), quote(s.Name), p, elsewhereRemedy)
	}
}

func (r *report) checkCloudFront(s Store, key string) {
	written := s.CloudFrontURL + s.CloudFrontKeyID + s.CloudFrontKeyFile + s.CloudFrontKeyEnv
	for _, k := range [...]struct{ name, value string }{
		{"cloudfront_url", s.CloudFrontURL}, {"cloudfront_key_id", s.CloudFrontKeyID}, {"cloudfront_key_file", s.CloudFrontKeyFile + s.CloudFrontKeyEnv},
	} {
		if written != "" && k.value == "" {
			r.fault(key+"."+k.name, "%s is missing: CloudFront needs cloudfront_url, cloudfront_key_id and cloudfront_key_file or cloudfront_key_env", k.name)
		}
	}
	if s.CloudFrontKeyFile != "" && s.CloudFrontKeyEnv != "" {
		r.fault(key+".cloudfront_key_env", "cloudfront_key_file and cloudfront_key_env are two keys: keep one")
	}
	if s.CloudFrontKeyEnv != "" && !isVariable(s.CloudFrontKeyEnv) {
		r.fault(key+".cloudfront_key_env", `cloudfront_key_env is the name of an environment variable, of letters, digits and _, such as "CLOUDFRONT_KEY": never write the key itself here`)
	}
	if s.CloudFrontKeyID != "" && !core.ValidToken(s.CloudFrontKeyID) {
		r.fault(key+".cloudfront_key_id", `cloudfront_key_id %s: write the id of the public key, such as "K2JCJMDEHXQW5F"`, quote(s.CloudFrontKeyID))
	}
	if s.CloudFrontURL != "" && s.UnsignedPublicURL != "" {
		r.fault(key+".unsigned_public_url", "cloudfront_url and unsigned_public_url are two places to send clients to: keep one")
	}
}

func (r *report) checkElsewhereURL(key, text, example string) {
	if _, later := variable(text); text == "" || later {
		return
	}
	u, err := url.Parse(text)
	if err != nil || !isHTTP(u.Scheme) || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !isPrintable(text) || strings.ContainsAny(text, ` "<>\^{|}`) {
		name := key[strings.LastIndexByte(key, '.')+1:]
		r.fault(key, "%s %s: write a URL, percent-encoded, without user, query and fragment, such as %q", name, quote(text), example)
	}
}

// checkKeyFiles checks the files with secrets that a configuration names: they are
// there, are for the eyes of Downlink's user and group only, and are not served.
func (r *report) checkKeyFiles(c *Config) {
	for _, s := range c.Stores {
		for _, k := range [...]struct{ name, path string }{
			{"credentials_file", s.CredentialsFile}, {"cloudfront_key_file", s.CloudFrontKeyFile},
		} {
			if k.path != "" {
				r.checkKeyFile(c, fmt.Sprintf("stores.%s.%s", s.Name, k.name), k.name, k.path)
			}
		}
	}
	if path := c.Catalog.CredentialsFile; path != "" {
		r.checkKeyFile(c, "catalog.credentials_file", "credentials_file", path)
	}
}

const openFault = "%s %s can be read by everybody on this machine: chmod o= it"

// openToOthers reports whether a file is for others than its owner and group. Windows has no
// such modes.
func openToOthers(info fs.FileInfo) bool {
	const others fs.FileMode = 0o007
	return info.Mode()&others != 0 && os.PathSeparator == '/'
}

func (r *report) checkKeyFile(c *Config, key, name, path string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		r.fault(key, "%s %s cannot be read: %v; correct the path or its permissions", name, quote(path), err)
	case !info.Mode().IsRegular():
		r.fault(key, "%s %s is not a file: name the file with the key", name, quote(path))
	case openToOthers(info):
		r.fault(key, openFault, name, quote(path))
	}
	r.checkPrivate(c, key, path, name)
}
