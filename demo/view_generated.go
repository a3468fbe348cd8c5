package demo

import (
	"image"
	"image/color"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/generate/overlay"
	"github.com/downlink-go/downlink/storage"
)

// A picture with a text, made for whoever asks first and kept for the others.
func card(store *storage.Store, cache *generate.Cache) (download.Route, error) {
	cards, err := overlay.New(overlay.Options{
		Store: store, Key: "arrow.png", Format: overlay.PNG,
		Text: "for {name}", Box: image.Rect(10, 5, 110, 40), Size: 20, Color: color.White,
	})
	view := &download.GeneratedView{
		Generator: cards, Cache: cache, Options: core.Options{Inline: true, Basename: "card.png"},
	}
	return download.Route{Pattern: "/generated/{name}", View: view}, err
}
