package views_test

import (
	"strings"
	"testing"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/internal/views"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// The pages let browsers load pictures from where the stores of items send them.
func TestPicturesElsewhere(t *testing.T) {
	at := func(url string, d storage.Delivery) *storage.Store {
		return storage.New("", memstore.New()).WithElsewhere(storage.Elsewhere{Presigner: storage.UnsignedPublicURL(url), Delivery: d})
	}
	stores := map[string]*storage.Store{
		"here": storage.New("here", memstore.New()), "streams": at("https://streams.example/", storage.Stream), "all": at("https://all.example/p/", storage.Redirect),
		"large": at("http://large.example:81/", storage.Auto), "same": at("https://all.example/q/", storage.Redirect),
	}
	p := views.Parts{Stores: stores, Config: &config.Config{}}
	for _, name := range []string{"here", "streams", "all", "large", "same"} {
		p.Config.Stores = append(p.Config.Stores, config.Store{Name: name})
	}
	for delivery, want := range map[string]string{
		"": "https://all.example http://large.example:81", "stream": "", "auto": "https://streams.example https://all.example http://large.example:81",
	} {
		p.Config.Views = []config.View{{Pattern: "/i/{slug}", Kind: config.KindObject, Field: "image", Delivery: delivery}}
		if got := strings.Join(p.Index().Pictures, " "); got != want {
			t.Errorf("delivery %q: %s, want %s", delivery, got, want)
		}
	}
}
