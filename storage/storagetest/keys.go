package storagetest

import (
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
)

// keys are legal and awkward.
var keys = []struct{ name, key string }{
	{"plain", "plain.txt"},
	{"below", "dir/sub/plain.txt"},
	{"space", "with space.txt"},
	{"spaces around", " around "},
	{"percent", "100%.txt"},
	{"percent-encoded", "a%20b%2Fc%2e%2e.txt"},
	{"question mark", "what?.txt"},
	{"query", "a.txt?version=1&x=y"},
	{"hash", "part#2.txt"},
	{"semicolon", "a;b=c.txt"},
	{"plus", "a+b.txt"},
	{"quotes", `it's "quoted".txt`},
	{"brackets", "[a]{b}(c)<d>.txt"},
	{"shell", "$HOME `x` *.txt"},
	{"colon", "a:b.txt"},
	{"backslash", `a\b.txt`},
	{"backslashes below", `x\y/z\..a\... .txt`},
	{"ampersand", "a&amp;b.txt"},
	{"tilde", "~user.txt"},
	{"hidden", ".hidden"},
	{"dots", "..."},
	{"dots after", "a.."},
	{"dash", "-rf"},
	{"emoji", "😀👩‍👩‍👧.txt"},
	{"composed", "\u00e9.txt"},
	{"combining", "e\u0301.txt"},
	{"right to left", "\u05e9\u05dc\u05d5\u05dd.txt"},
	{"Japanese", "日本/語.pdf"},
	{"full-width dots", "\uff0e\uff0e/a"},
	{"invalid UTF-8", "a\xff\xfe.txt"},
	{"overlong slash", "a\xc0\xafb"},
	{"255 bytes", strings.Repeat("n", 251) + ".txt"},
	{"deep", strings.Repeat("d/", 100) + "deep.txt"},
}

func testKeys(t *testing.T, f *fixture) {
	var held []int
	for i, k := range keys {
		if f.keep(t, k.key, bytesOf(i, 100+i)) {
			held = append(held, i)
		}
	}
	if len(held) == 0 {
		t.Fatal("the product holds none of the keys")
	}
	for _, i := range held { // after all were put: none may be another's
		t.Run(keys[i].name, func(t *testing.T) {
			key, data := keys[i].key, bytesOf(i, 100+i)
			m, err := f.Stat(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			checkMetadata(t, "stat", m, int64(len(data)))
			wantSection(t, f, key, data, core.Span{Start: 0, Length: m.Size})
			wantSection(t, f, key, data, core.Span{Start: 50, Length: 25})
		})
	}
}

// refused keys each would name "dir/a.txt" or "a.txt" if they were cleaned,
// decoded or cut short.
var refused = []string{
	"", ".", "..", "/", "//",
	"../a.txt", "dir/../a.txt", "dir/..", "dir/sub/../a.txt", "./a.txt", "dir/./a.txt", "dir/.", "a.txt/.",
	"/a.txt", "//a.txt", "dir//a.txt", "dir/a.txt/", "dir/", "a.txt//",
	`dir\a.txt`, `..\a.txt`, `dir\..\a.txt`, `dir\.\a.txt`, `\a.txt`, `C:\a.txt`, `dir/\a.txt`, `dir\\a.txt`, `a.txt\`, `dir\`,
	"a.txt\x00", "a.txt\x00.png", "a\n.txt", "a.txt\r", "\ta.txt", "a.txt\x7f", "\x1ba.txt",
	strings.Repeat("../", 40) + "a.txt",
	strings.Repeat("dir/../", 600) + "a.txt",
	strings.Repeat("d/", 2100) + "a.txt",
}

func testRefusedKeys(t *testing.T, f *fixture) {
	f.keep(t, "a.txt", []byte("content"))
	f.keep(t, "dir/a.txt", []byte("content"))
	if _, err := f.Stat(t.Context(), "dir/a.txt"); err != nil {
		t.Fatal(err)
	}
	for _, key := range refused {
		f.absent(t, key)
	}
}
