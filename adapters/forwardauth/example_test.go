package forwardauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/downlink-go/downlink/adapters/forwardauth"
	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// The application allows Ann what is hers.
func Example() {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("user")
		switch {
		case err != nil:
			w.WriteHeader(http.StatusUnauthorized)
		case !strings.HasPrefix(r.Header.Get("X-Original-URI"), "/home/"+cookie.Value+"/"):
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer app.Close()
	ask, err := forwardauth.New(forwardauth.Options{URL: app.URL + "/auth"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ask.Close()
	files := memstore.New()
	files.Put("ann/a.txt", []byte("hello"))
	service, err := download.New([]download.Route{{
		Pattern: "/home/{path...}",
		View:    &download.StorageView{Store: storage.New("homes", files)},
		Allow:   ask.Allow,
	}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, user := range []string{"", "user=bob", "user=ann"} {
		r := httptest.NewRequest("GET", "/home/ann/a.txt", nil)
		r.Header.Set("Cookie", user)
		w := httptest.NewRecorder()
		nethttp.New(service, nethttp.Options{}).ServeHTTP(w, r)
		fmt.Printf("%q: %d\n", user, w.Code)
	}
	// Output:
	// "": 401
	// "user=bob": 403
	// "user=ann": 200
}
