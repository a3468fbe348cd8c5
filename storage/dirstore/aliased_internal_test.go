package dirstore

import "testing"

func TestAliased(t *testing.T) {
	for key, want := range map[string]bool{
		"a.txt":            false,
		"dir.d/a b.tar.gz": false,
		"a~b.txt":          false,
		"backup~":          false,
		".hidden":          false,
		"a.txt::$DATA":     true,
		"a.txt:stream":     true,
		"dir:x/a.txt":      true,
		"C:a.txt":          true,
		`dir\a.txt`:        true,
		"a.txt.":           true,
		"a.txt ":           true,
		"dir./a.txt":       true,
		"dir /a.txt":       true,
		"REPORT~1.PDF":     true,
		"PROGRA~2/a.txt":   true,
		"what?.txt":        true,
	} {
		if got := aliased(key); got != want {
			t.Errorf("%q: got %v, want %v", key, got, want)
		}
	}
}
