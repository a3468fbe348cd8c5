package catalog

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/downlink-go/downlink/core"
)

// The longest that the fields of an item may be, in bytes. A name this long is
// cut when it is sent; the limits keep an item below 1 MiB in any form.
const (
	maxText   = 64 << 10 // title, name
	maxPath   = 4 << 10  // category; key is limited by core.CheckKey
	maxSymbol = 255      // store, media_type
)

// Check reports everything that is wrong with the item, joined; nil if nothing
// is. It does not ask whether the store or the file exist. Name and Key may
// hold any bytes; the other fields are UTF-8 without NUL.
func (it *Item) Check() error {
	return errors.Join(
		CheckSlug(it.Slug),
		checkText("title", it.Title, maxText),
		checkLength("name", it.Name, maxText),
		checkStore(it.Store),
		checkKey(it.Key),
		checkCategory(it.Category),
		checkMediaType(it.MediaType),
	)
}

const maxSlug = 200 // characters

// CheckSlug says what is wrong with a slug: it is 1 to 200 ASCII letters,
// digits, "-", "_" and ".", and starts with a letter or a digit.
func CheckSlug(slug string) error {
	switch {
	case slug == "":
		return errors.New("slug is missing: write the item's name in URLs, such as \"printer-manual\"")
	case len(slug) > maxSlug:
		return fmt.Errorf("slug %.40q… is %d characters long: a slug has at most %d", slug, len(slug), maxSlug)
	}
	for i := 0; i < len(slug); i++ {
		if c := slug[i]; !alphanumeric(c) && (i == 0 || c != '-' && c != '_' && c != '.') {
			return fmt.Errorf("slug %q: a slug is ASCII letters, digits, %q, %q and %q, and starts with a letter or a digit", slug, "-", "_", ".")
		}
	}
	return nil
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func checkLength(field, value string, longest int) error {
	if len(value) > longest {
		return fmt.Errorf("%s is %d bytes long: at most %d are kept", field, len(value), longest)
	}
	return nil
}

// checkText accepts what every database can hold as text.
func checkText(field, value string, longest int) error {
	switch {
	case !utf8.ValidString(value):
		return fmt.Errorf("%s %.40q is not UTF-8: only name and key may hold other bytes", field, value)
	case strings.Contains(value, "\x00"):
		return fmt.Errorf("%s %.40q has a NUL character in it: remove it", field, value)
	}
	return checkLength(field, value, longest)
}

func checkStore(store string) error {
	if store == "" {
		return errors.New("store is missing: name the store that has the file")
	}
	return checkText("store", store, maxSymbol)
}

func checkKey(key string) error {
	if key == "" {
		return errors.New("key is missing: write the file's path in the store, such as \"manuals/a.pdf\"")
	}
	if fault := core.CheckKey(key); fault != "" {
		return fmt.Errorf("key %.80q: %s: a key is a relative path such as %q", key, fault, "manuals/a.pdf")
	}
	return nil
}

func checkCategory(category string) error {
	if category == "" {
		return nil
	}
	if core.CheckKey(category) != "" {
		return fmt.Errorf("category %.80q: write names separated by %q, such as %q", category, "/", "Manuals/Printers")
	}
	return checkText("category", category, maxPath)
}

// checkMediaType accepts type "/" subtype, both tokens (RFC 9110 §8.3.1),
// without parameters.
func checkMediaType(mediaType string) error {
	if mediaType == "" {
		return nil
	}
	if !core.ValidMediaType(mediaType) {
		return fmt.Errorf("media_type %.80q: write type/subtype and no more, such as %q", mediaType, "application/pdf")
	}
	return checkLength("media_type", mediaType, maxSymbol)
}
