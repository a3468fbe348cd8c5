//go:build js && wasm

// Command template serves the objects of R2 as syumai/workers' own examples do: an
// http.Handler, in an instance of the module for each request.
package main

import (
	"io"
	"net/http"
	"strings"

	"github.com/syumai/workers"
	"github.com/syumai/workers/cloudflare/r2"
)

func main() {
	http.HandleFunc("/files/", func(w http.ResponseWriter, r *http.Request) {
		bucket, err := r2.NewBucket("FILES")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		object, err := bucket.Get(strings.TrimPrefix(r.URL.Path, "/files/"))
		if err != nil || object == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", object.HTTPETag)
		w.Header().Set("Content-Type", "application/octet-stream")
		io.Copy(w, object.Body)
	})
	workers.Serve(nil)
}
