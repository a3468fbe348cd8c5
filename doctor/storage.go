package doctor

import (
	"errors"
	"io"
	"strings"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// storage asks whether the stores, the catalogue and the sample files can be read by
// this process.
func (x *exam) storage() {
	for _, s := range x.Stores {
		x.store(s)
	}
	x.catalogue()
	for _, target := range x.Files {
		x.sample(target)
	}
	for _, pattern := range x.Without {
		x.skip(Storage, "sample", "view %q is not examined, for no file of it was found to ask for: name one with --file", pattern)
	}
	if len(x.samples) == 0 && len(x.Without) == 0 && x.Direct != nil {
		x.skip(Storage, "sample", "no file was found to ask for: put one there, or name one by its URL path")
	}
}

func (x *exam) store(s *storage.Store) {
	change := x.inTOML("stores."+s.Name()+".path", "correct the path, or let this user read it")
	var first *storage.Entry
	err := s.List(x.ctx, "", func(e storage.Entry) bool {
		first = &e
		return false
	})
	if err != nil {
		x.fault(Storage, "store", s.Name(), change, "Store %q cannot be listed: %v.", s.Name(), err)
		return
	}
	if first == nil {
		x.skip(Storage, "store", "store %q has no file", s.Name())
		return
	}
	if err := x.open(s, first.Key); err != nil {
		x.fault(Storage, "store", s.Name(), change, "Store %q has %q, which cannot be read: %v.", s.Name(), first.Key, err)
		return
	}
	x.ok(Storage, "store", "store %q lists and opens: %q, %d bytes", s.Name(), first.Key, first.Size)
}

// open reads the first byte of an object.
func (x *exam) open(s *storage.Store, key string) error {
	o, err := s.Open(x.ctx, key)
	if err != nil {
		return err
	}
	defer o.Close()
	if o.Metadata().Size == 0 {
		return nil
	}
	r, err := o.Section(x.ctx, core.Span{Length: 1})
	if err != nil {
		return err
	}
	_, err = io.ReadFull(r, make([]byte, 1))
	return err
}

func (x *exam) catalogue() {
	if x.Catalog == nil {
		return
	}
	items := 0
	err := x.Catalog.List(x.ctx, "", func(catalog.Item) bool {
		items++
		return false
	})
	if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		x.fault(Storage, "catalogue", "", x.inTOML("catalog.path", "correct the path, or let this user read the database"), "The catalogue does not answer: %v.", err)
		return
	}
	if items == 0 {
		x.ok(Storage, "catalogue", "the catalogue answers, and is empty")
		return
	}
	x.ok(Storage, "catalogue", "the catalogue answers")
}

// sample has this process answer for a file, as it is configured and without a front
// server.
func (x *exam) sample(target string) {
	if x.Direct == nil {
		return
	}
	a := x.here(x.Direct, get(target))
	s := &sample{target: target, want: a}
	s.name, _, _ = strings.Cut(target, "?")
	switch {
	case a.err != nil:
		x.fault(Storage, "sample", s.name, nil, "The file at %s cannot be read to its end: %v.", s.name, a.err)
	case a.status == 401 || a.status == 403:
		x.skip(Storage, "sample", "%s is answered %d: to examine it, give the header fields or the link that open it", s.name, a.status)
	case a.redirects():
		x.samples = append(x.samples, s)
		x.ok(Storage, "sample", "%s is a file that clients get at %s", s.name, a.place())
	case a.status != 200:
		x.fault(Storage, "sample", s.name, nil, "No file can be read for %s: the answer of this configuration is %d, %q.", s.name, a.status, a.text)
	default:
		x.handed(s)
		x.samples = append(x.samples, s)
		x.ok(Storage, "sample", "%s is a file of %d bytes", s.name, a.size)
	}
}
