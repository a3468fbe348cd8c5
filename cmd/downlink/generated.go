package main

import (
	"fmt"
	"image"
	"os"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/generate"
	"github.com/downlink-go/downlink/generate/overlay"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/storage"
)

// workshop is what views that make files share.
type workshop struct {
	cache  *generate.Cache // nil without a view that needs it
	studio *overlay.Studio
	sums   *zipfile.Sums
}

// rememberedSums is how many checksums of zip files' members are kept in memory.
const rememberedSums = 100_000

func newWorkshop() workshop {
	return workshop{studio: overlay.NewStudio(), sums: zipfile.NewSums(rememberedSums)}
}

// openCache opens the cache of generated files and returns its store.
func (s *site) openCache() (*storage.Store, error) {
	g := s.config.Generated
	cache, err := generate.OpenCache(g.Path, config.GeneratedStore, generate.Options{
		MaxBytes: int64(g.MaxBytes), MaxAge: g.MaxAge, Timeout: g.Timeout, Parallel: g.Parallel,
	})
	if err != nil {
		return nil, err
	}
	s.made.cache = cache
	s.closers = append(s.closers, cache)
	return cache.Store(), nil
}

// overlay is the view of images with a text.
func (s *site) overlay(v config.View) (download.View, error) {
	o, _ := s.config.Overlay(v.Overlay) // checked: it exists
	x, err := s.newOverlay(o)
	if err != nil {
		return nil, fmt.Errorf("overlay %q: %w", o.Name, err)
	}
	return &download.GeneratedView{Generator: x, Cache: s.made.cache, Options: v.Options()}, nil
}

func (s *site) newOverlay(o config.Overlay) (*overlay.Overlay, error) {
	opts := overlay.Options{
		Store: s.stores[o.Store], Key: o.Background, Text: o.Text,
		Box:  image.Rect(o.X, o.Y, o.X+o.Width, o.Y+o.Height),
		Size: float64(o.FontSize), Color: o.RGBA(), Quality: o.Quality, Studio: s.made.studio,
	}
	switch o.Overflow {
	case "clip":
		opts.Overflow = overlay.Clip
	case "fail":
		opts.Overflow = overlay.Fail
	}
	if o.Format == "png" {
		opts.Format = overlay.PNG
	}
	if o.Font != "" {
		data, err := os.ReadFile(o.Font)
		if err != nil {
			return nil, err
		}
		if opts.Font, err = overlay.ParseFont(data); err != nil {
			return nil, fmt.Errorf("font %q: %w", o.Font, err)
		}
	}
	return overlay.New(opts)
}
