// Command shim is http.FileServer on a bucket, behind aws-lambda-go-api-proxy: what
// somebody writes who has a web server and wants it on Lambda.
package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/s3store"
)

func main() {
	driver, err := s3store.New(s3store.Options{
		Bucket: os.Getenv("DOWNLINK_BUCKET"), Region: os.Getenv("AWS_REGION"), Endpoint: os.Getenv("BENCH_ENDPOINT"), PathStyle: true,
	})
	if err != nil {
		panic(err) // the bench's own environment is wrong
	}
	files := http.FileServerFS(bucket{storage.New("files", driver)})
	lambda.Start(httpadapter.NewV2(http.StripPrefix("/files", files)).ProxyWithContext)
}

// bucket is a store as a file system of files.
type bucket struct{ store *storage.Store }

func (b bucket) Open(name string) (fs.File, error) {
	o, err := b.store.Open(context.Background(), name)
	if errors.Is(err, storage.ErrNotFound) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &file{Object: o, name: path.Base(name)}, nil
}

// file is an object as a file that can be read from anywhere. It is its own
// fs.FileInfo.
type file struct {
	storage.Object
	name string
	at   int64
	body io.Reader // from at; nil before the first Read
}

func (f *file) Read(p []byte) (int, error) {
	if f.body == nil {
		left := f.Size() - f.at
		if left <= 0 {
			return 0, io.EOF
		}
		body, err := f.Section(context.Background(), core.Span{Start: f.at, Length: left})
		if err != nil {
			return 0, err
		}
		f.body = body
	}
	n, err := f.body.Read(p)
	f.at += int64(n)
	return n, err
}

func (f *file) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.Size()
	}
	if offset != f.at {
		f.at, f.body = offset, nil
	}
	return offset, nil
}

func (f *file) Stat() (fs.FileInfo, error) { return f, nil }
func (f *file) Name() string               { return f.name }
func (f *file) Size() int64                { return f.Metadata().Size }
func (f *file) Mode() fs.FileMode          { return 0o444 }
func (f *file) ModTime() time.Time         { return f.Metadata().LastModified }
func (f *file) IsDir() bool                { return false }
func (f *file) Sys() any                   { return nil }
