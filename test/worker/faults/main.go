//go:build js && wasm

// Command faults is a module like pages.wasm whose pages have what a page can be
// asked for and all that can go wrong in one.
package main

import (
	"encoding/json"
	"net/http"
	"os"
	"time"

	"github.com/downlink-go/downlink/adapters/workers/pages"
)

func main() {
	pages.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Before", "1")
		switch r.Header.Get("X-Do") {
		case "panic":
			w.Write([]byte("half a page"))
			panic("on purpose")
		case "abort":
			panic(http.ErrAbortHandler)
		case "panic elsewhere":
			go panic("on purpose, in a goroutine")
			time.Sleep(time.Minute)
		case "exit":
			os.Exit(3)
		case "hang":
			select {}
		case "status":
			w.WriteHeader(http.StatusTeapot)
			w.WriteHeader(http.StatusOK)
		case "empty":
			w.Header().Set("Content-Length", "0")
		default:
			echo(w, r)
		}
	}))
}

// echo answers with the request.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header()["X-Twice"] = []string{"a", "b"}
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "path": r.URL.EscapedPath(), "header": r.Header, "uri": r.RequestURI,
	})
}
