// Package jsonl is the text form of the catalogue, which `downlink import` reads
// and `downlink export` writes: UTF-8, one JSON object a line, an item each.
//
//	{"slug": "manual", "title": "The manual", "store": "files", "key": "manuals/a.pdf"}
//
// The keys are slug, title, name, store, key, category, visible (true unless
// said otherwise), inline (false unless said otherwise) and media_type; what the
// item says of its file: encoding, charset, modified (RFC 3339), size (bytes), etag
// (with its quotes) and sha256 (hexadecimal); and files, an object of further files by
// field, which have name, store (the item's unless said otherwise), key, media_type,
// encoding, charset, modified, size, etag and sha256:
//
//	{"slug": "manual", "key": "a.pdf", "files": {"image": {"key": "a.png"}}}
//
// Where and when it is offered: categories, an array of further ones; draft; publish
// and expires; max_downloads; limit_rate (bytes a second); version, the name of its
// file's version, and versions, an array of the older ones, which have version, added
// and the keys of a file; and created, which counts only where the item is new:
//
//	{"slug": "manual", "key": "a-2.pdf", "version": "2", "versions": [{"version": "1", "key": "a-1.pdf"}]}
//
// Only slug and key must be there, and store if there is more than one and none is the
// usual one. A byte that is not UTF-8, which only a name or a key may have, is the lone
// surrogate \udc80 to \udcff; any other lone surrogate is read as U+FFFD.
package jsonl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/downlink-go/downlink/catalog"
)

// Read reads all items of a file. stores are the names of the stores there are; an
// item that names none is in the usual one, "" is the only one there is. Blank lines
// and byte order marks are skipped. If anything is wrong there are no items and the
// error is Faults, with all that is wrong; any other error is r's.
func Read(r io.Reader, stores []string, usual string) ([]catalog.Item, error) {
	if usual == "" && len(stores) == 1 {
		usual = stores[0]
	}
	var items []catalog.Item
	var faults Faults
	firstLine := map[string]int{} // by slug
	for l := newLines(r); ; {
		text, tooLong, err := l.next()
		switch {
		case errors.Is(err, io.EOF):
			if faults != nil {
				return nil, faults
			}
			return items, nil
		case err != nil:
			return nil, fmt.Errorf("after line %d: %w", l.number, err)
		case tooLong:
			faults = append(faults, Fault{l.number, fmt.Sprintf("the line is longer than %d bytes: shorten it", maxLine)})
			continue
		case len(bytes.Trim(text, " \t\r")) == 0:
			continue
		}
		rec := parse(text, stores, usual)
		if slug := rec.item.Slug; slug != "" && !slices.Contains(rec.unread, "slug") {
			if first, ok := firstLine[slug]; ok {
				rec.fault("slug %.80q is already on line %d: a slug is unique", slug, first)
			} else {
				firstLine[slug] = l.number
			}
		}
		for _, problem := range rec.problems {
			faults = append(faults, Fault{l.number, problem})
		}
		items = append(items, rec.item)
	}
}
