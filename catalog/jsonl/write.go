package jsonl

import (
	"bufio"
	"context"
	"io"
	"strconv"

	"github.com/downlink-go/downlink/catalog"
)

// Write writes every item of c, in the order of slugs and with all keys, so
// that Read gives back the same. Items put meanwhile may be missing.
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
	separator := byte('{')
	for _, key := range keys {
		dst = append(dst, separator)
		dst = appendQuoted(dst, key)
		dst = append(dst, ':')
		switch value := field(it, key).(type) {
		case *string:
			dst = appendQuoted(dst, *value)
		case *bool:
			dst = strconv.AppendBool(dst, *value)
		}
		separator = ','
	}
	return append(dst, '}', '\n')
}
