package docs_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/front"
	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
	"github.com/downlink-go/downlink/storage/s3store"
)

// The functions below hold the Go snippets of the documentation, letter by
// letter: TestSnippets looks them up here, and TestReadme calls the first.

func readme(dir string) http.Handler {
	files, err := dirstore.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	store := storage.New("reports", files)
	service, err := download.New([]download.Route{{
		Pattern: "/reports/{year}/{name}",
		View: download.ViewFunc(func(ctx context.Context, r *download.Request) (download.File, error) {
			if r.Native.(*http.Request).Header.Get("Authorization") == "" {
				return download.File{}, download.ErrForbidden
			}
			return download.File{Store: store, Key: r.Param("year") + "/" + r.Param("name")}, nil
		}),
	}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	handler := nethttp.New(service, nethttp.Options{Log: slog.Default()})
	return handler
}

func upper(store *storage.Store) download.View {
	view := &download.StorageView{
		Store: store,
		Compute: func(_ context.Context, r *download.Request) (string, error) {
			return strings.ToUpper(r.Param("path")), nil
		},
		Options: core.Options{Inline: true, Charset: "iso-8859-1"},
	}
	return view
}

func unchanging(store *storage.Store) download.View {
	view := download.ViewFunc(func(ctx context.Context, r *download.Request) (download.File, error) {
		return download.File{
			Store: store, Key: "hello.txt",
			WasModifiedSince: func(since time.Time) bool { return false }, // never changes
			Adjust:           func(rep *core.Representation) { rep.Language = "en" },
		}, nil
	})
	return view
}

func behindNginx(routes []download.Route) (http.Handler, error) {
	rules := []download.Rule{{Front: "nginx", Source: "reports", Destination: "/_internal/reports/"}}
	service, err := download.New(routes, rules)
	if err != nil {
		return nil, err
	}
	handler := nethttp.New(service, nethttp.Options{
		FrontField: front.Field, RequestIDField: "X-Request-Id", ClientField: "X-Forwarded-For",
		Log: slog.Default(),
	})
	return handler, nil
}

func fromS3() (*download.Service, error) {
	bucket, err := s3store.New(s3store.Options{Bucket: "my-downloads", Region: "eu-central-1"})
	if err != nil {
		return nil, err
	}
	files := storage.New("files", bucket).WithElsewhere(storage.Elsewhere{
		Presigner: bucket, Delivery: storage.Auto, MinSize: 8 << 20,
	})
	return download.New([]download.Route{{Pattern: "/{path...}", View: &download.StorageView{Store: files}}}, nil)
}

func signed(secret []byte) (string, error) {
	key, err := link.NewKey("2026-07", secret)
	if err != nil {
		return "", err
	}
	token, err := key.Sign(link.Grant{Path: "/private/a b.pdf", Expires: time.Now().Add(time.Hour), Name: "Report.pdf"})
	if err != nil {
		return "", err
	}
	return "https://files.example.org" + link.URL("/private/a b.pdf", token), nil
}

func members(view download.View, token string) download.Route {
	route := download.Route{
		Pattern: "/members/{path...}",
		View:    view,
		Allow: func(ctx context.Context, r *download.Request) error {
			if r.Header.Get("Authorization") != "Bearer "+token {
				return &download.Denial{Status: 401, Challenge: "Bearer"}
			}
			return nil
		},
	}
	return route
}

func certificates() generate.Generator {
	certificates := generate.GeneratorFunc(func(_ context.Context, r *generate.Request) (generate.Recipe, error) {
		course := r.Param("course")
		return generate.Recipe{
			Key:     course, // everything that the bytes depend on; PerUser adds the user
			PerUser: true,
			Ext:     ".txt", // or Name; this gives a UUID and the extension
			Create: func(_ context.Context, w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s has finished %s.\n", r.User, course)
				return err
			},
		}, nil
	})
	return certificates
}

func generated(dir string, certificates generate.Generator) (download.View, error) {
	cache, err := generate.OpenCache(dir, "generated", generate.Options{MaxBytes: 1 << 30, MaxAge: time.Hour})
	if err != nil {
		return nil, err
	}
	view := &download.GeneratedView{
		Generator: certificates,
		Cache:     cache,
		User: func(_ context.Context, r *download.Request) (string, error) {
			name, _, _ := r.Native.(*http.Request).BasicAuth() // yours to check
			return name, nil
		},
	}
	return view, nil
}
