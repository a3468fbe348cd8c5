package jsonl

import (
	"bufio"
	"context"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// Write writes every item of c, in the order of slugs and with all that it says,
// so that Read gives back the same. Items put meanwhile may be missing.
func Write(ctx context.Context, w io.Writer, c *catalog.Catalog) error {
	b := bufio.NewWriterSize(w, 64<<10)
	var line []byte
	var failed error
	err := c.List(ctx, "", func(it catalog.Item) bool {
		line = appendItem(line[:0], &it)
		_, failed = b.Write(line)
		return failed == nil
	})
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return err
	}
	return b.Flush()
}

// appendItem appends the line of an item.
func appendItem(dst []byte, it *catalog.Item) []byte {
	dst = appendObject(dst, keys, mustKeys, func(key string) any { return itemField(it, key) })
	return append(dst, '\n')
}

// appendObject appends an object of the keys for which value has something; the
// first must ones are there in any case.
func appendObject(dst []byte, keys []string, must int, value func(key string) any) []byte {
	separator := byte('{')
	for i, key := range keys {
		v := value(key)
		if i >= must && saysNothing(v) {
			continue
		}
		dst = append(dst, separator)
		dst = appendQuoted(dst, key)
		dst = append(dst, ':')
		dst = appendValue(dst, v)
		separator = ','
	}
	return append(dst, '}')
}

func saysNothing(value any) bool {
	switch v := value.(type) {
	case *string:
		return *v == ""
	case *time.Time:
		return v.IsZero()
	case *int64:
		return *v == 0
	case *bool:
		return !*v
	case *map[string]catalog.File:
		return len(*v) == 0
	case *[]string:
		return len(*v) == 0
	case *[]catalog.Version:
		return len(*v) == 0
	}
	return false
}

func appendValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case *string:
		return appendQuoted(dst, *v)
	case *bool:
		return strconv.AppendBool(dst, *v)
	case *time.Time:
		return append(v.UTC().AppendFormat(append(dst, '"'), time.RFC3339Nano), '"')
	case *int64:
		return strconv.AppendInt(dst, *v, 10)
	case *map[string]catalog.File:
		return appendFiles(dst, *v)
	case *[]string:
		return appendTexts(dst, *v)
	case *[]catalog.Version:
		return appendVersions(dst, *v)
	}
	return dst
}

func appendTexts(dst []byte, texts []string) []byte {
	separator := byte('[')
	for _, text := range texts {
		dst = appendQuoted(append(dst, separator), text)
		separator = ','
	}
	return append(dst, ']')
}

// appendVersions appends the older versions in their order.
func appendVersions(dst []byte, versions []catalog.Version) []byte {
	separator := byte('[')
	for i := range versions {
		dst = append(dst, separator)
		dst = appendObject(dst, versionKeys, 0, func(key string) any { return versionField(&versions[i], key) })
		separator = ','
	}
	return append(dst, ']')
}

// appendFiles appends the further files in the order of their fields.
func appendFiles(dst []byte, files map[string]catalog.File) []byte {
	separator := byte('{')
	for _, field := range slices.Sorted(maps.Keys(files)) {
		f := files[field]
		dst = append(dst, separator)
		dst = appendQuoted(dst, field)
		dst = append(dst, ':')
		dst = appendObject(dst, fileKeys, 0, func(key string) any { return fileField(&f, key) })
		separator = ','
	}
	return append(dst, '}')
}
