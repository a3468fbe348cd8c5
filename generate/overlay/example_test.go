package overlay_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"

	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/generate/overlay"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

func Example() {
	var background bytes.Buffer
	if err := png.Encode(&background, image.NewGray(image.Rect(0, 0, 300, 100))); err != nil {
		log.Fatal(err)
	}
	images := memstore.New()
	images.Put("badge.png", background.Bytes())

	badges, err := overlay.New(overlay.Options{
		Store: storage.New("images", images), Key: "badge.png",
		Text: "Hello!", Box: image.Rect(20, 20, 280, 80), Color: color.White, Format: overlay.PNG,
	})
	if err != nil {
		log.Fatal(err)
	}
	// download.GeneratedView does the rest.
	recipe, err := badges.Plan(context.Background(), &generate.Request{})
	if err != nil {
		log.Fatal(err)
	}
	var badge bytes.Buffer
	if err := recipe.Create(context.Background(), &badge); err != nil {
		log.Fatal(err)
	}
	m, err := png.Decode(&badge)
	fmt.Println(m.Bounds(), recipe.Ext, err)
	// Output:
	// (0,0)-(300,100) .png <nil>
}
