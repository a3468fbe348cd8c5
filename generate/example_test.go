package generate_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate"
)

func Example() {
	dir, err := os.MkdirTemp("", "generated")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	cache, err := generate.OpenCache(dir, "generated", generate.Options{MaxBytes: 100 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()

	// A certificate for each user. download.GeneratedView does what follows it.
	certificates := generate.GeneratorFunc(func(_ context.Context, r *generate.Request) (generate.Recipe, error) {
		return generate.Recipe{
			Key: "certificate", PerUser: true, Name: "certificate.txt",
			Create: func(_ context.Context, w io.Writer) error {
				_, err := fmt.Fprintf(w, "This is to say that %s was here.\n", r.User)
				return err
			},
		}, nil
	})

	ctx := context.Background()
	request := &generate.Request{Request: core.Request{Method: "GET", Path: "/certificate"}, User: "Ann"}
	recipe, err := certificates.Plan(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	file, err := recipe.File(request)
	if err != nil {
		log.Fatal(err)
	}
	if err := cache.Make(ctx, file.Key, recipe.Create); err != nil {
		log.Fatal(err)
	}
	found, err := cache.Store().Stat(ctx, file.Key)
	fmt.Println(file.Name, found.Size, err)
	// Output:
	// certificate.txt 34 <nil>
}
