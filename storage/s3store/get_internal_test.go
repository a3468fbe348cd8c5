package s3store

import (
	"fmt"
	"testing"
)

// FuzzParseContentRange: what is read is within the object and is written again as it
// was read, but for zeros in front and signs.
func FuzzParseContentRange(f *testing.F) {
	for _, field := range []string{
		"bytes 0-9/10", "bytes 5-5/6", "bytes 0-9/*", "bytes */10", "bytes 9-0/10", "bytes -1-9/10", "bytes 0-9/9", "", "bytes", "bytes 0-", "items 0-9/10",
		"bytes 0-9223372036854775806/9223372036854775807", "bytes 0-9223372036854775807/9223372036854775807", "bytes 0-99999999999999999999/99999999999999999999", "bytes 00-09/010", "bytes 0-9/10/10", "bytes +0-+9/+10",
	} {
		f.Add(field)
	}
	f.Fuzz(func(t *testing.T, field string) {
		start, end, size, ok := parseContentRange(field)
		if !ok {
			return
		}
		if start < 0 || start >= end || end > size {
			t.Fatalf("%q: %d to %d of %d", field, start, end, size)
		}
		again := fmt.Sprintf("bytes %d-%d/%d", start, end-1, size)
		if a, b, c, ok := parseContentRange(again); !ok || a != start || b != end || c != size {
			t.Errorf("%q is read again as %d, %d, %d, %v", again, a, b, c, ok)
		}
	})
}

func TestCoding(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "gzip": "gzip", "aws-chunked": "", "aws-chunked,gzip": "gzip", "aws-chunked, gzip": "gzip", "gzip,aws-chunked": "gzip", " br ": "br",
	} {
		if got := coding(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"": "", `"a"`: `"a"`, "a": `"a"`, `W/"a"`: `W/"a"`} {
		if got := quoted(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
