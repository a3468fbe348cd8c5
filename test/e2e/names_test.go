package e2e

import (
	"encoding/json"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

// nameCase is a download and the name under which it must be saved.
type nameCase struct {
	path     string // of its URL
	file     string // in the folder
	name     string
	override string            // of a catalogue item
	but      map[string]string // client: the name that it makes of name
}

// savedBy is the name under which a client saves the download.
func (c nameCase) savedBy(client string) string {
	if name, ok := c.but[client]; ok {
		return name
	}
	return c.name
}

// stored is a file of the folder that is to be saved under its own name; but
// lists clients and the names that they make of it.
func stored(file string, but ...string) nameCase {
	return nameCase{path: filesPath(file), file: file, name: path.Base(file), but: pairs(but)}
}

// item is a catalogue item for plain.txt with a name override, and the name left
// of it.
func item(slug, override, name string, but ...string) nameCase {
	return nameCase{path: "/d/" + slug, file: "plain.txt", name: name, override: override, but: pairs(but)}
}

func pairs(list []string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}

// filesPath is the path of the URL of a file of the folder.
func filesPath(file string) string {
	parts := strings.Split(file, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return "/files/" + strings.Join(parts, "/")
}

// nameCases are names that some program between a folder and a client's disk
// spoils. What clients change themselves:
//   - curl 7.88 does not read filename* (RFC 8187): it saves the ASCII form.
//   - wget 1.21 decodes filename* twice, reads 511 bytes of the field, and keeps
//     236 bytes of a name.
//   - Chromium replaces what Windows does not allow, drops dots at the start and
//     puts combining marks and their letters together (NFC).
//
// Bytes that are not UTF-8 cannot be said in a field (RFC 8187 §3.2): each is "_".
var nameCases = []nameCase{
	stored("plain.txt"),
	stored("two words.txt"),
	stored("100% percent.txt"),
	stored("a%41b.txt", "curl", "a_41b.txt", "wget", "aAb.txt"),
	stored("why?.txt", "chromium", "why_.txt"),
	stored("no #1.txt"),
	stored("semi;colon.txt"),
	stored("plus+plus.txt"),
	stored("a&b=c.txt"),
	stored(`"double" quotes.txt`, "curl", "'double' quotes.txt", "chromium", "_double_ quotes.txt"),
	stored("'single' quotes.txt"),
	stored("日本.pdf", "curl", "__.pdf"),
	stored("😀 party.png", "curl", "_ party.png"),
	stored("e\u0301te\u0301.txt", "curl", "e_te_.txt", "chromium", "\u00e9t\u00e9.txt"),
	stored("שלום عالم.pdf", "curl", "____ ____.pdf"),
	stored(`back\slash.txt`).as("back_slash.txt"),
	stored("-rf.txt"),
	stored(".hidden.txt", "chromium", "hidden.txt"),
	stored("odd \xfc\xff bytes.txt").as("odd __ bytes.txt"),
	stored(longName, "wget", longName[:236]),
	stored(longLetters, "curl", strings.Repeat("_", 83)+"ab.pdf", "wget", strings.Repeat("日", 42)+"%E"),
	stored("a folder/日本 (2)/deep file.txt"),
	stored("empty.txt"),
	stored("link to plain.txt"),

	item("umlauts", "Größe & Maß.pdf", "Größe & Maß.pdf", "curl", "Gr__e & Ma_.pdf"),
	item("quotes", `a "b" 'c'.txt`, `a "b" 'c'.txt`, "curl", "a 'b' 'c'.txt", "chromium", "a _b_ 'c'.txt"),
	item("direction", "invoice\u202efdp.exe", "invoicefdp.exe"),
	item("lines", "a\r\nSet-Cookie: x=y.txt", "a__Set-Cookie: x=y.txt", "chromium", "a__Set-Cookie_ x=y.txt"),
	item("path", `../../etc/x\y.txt`, ".._.._etc_x_y.txt", "chromium", "_.._etc_x_y.txt"),
}

// The longest names of most file systems: 255 bytes, the second of 89 letters.
var (
	longName    = strings.Repeat("n", 251) + ".txt"
	longLetters = strings.Repeat("日", 83) + "ab.pdf"
)

// as changes the name that is right.
func (c nameCase) as(name string) nameCase {
	c.name = name
	return c
}

// writeNames writes the files of nameCases, each with content of its own.
func writeNames(t testing.TB, dir string) {
	t.Helper()
	for _, c := range nameCases {
		file := filepath.Join(dir, c.file)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		content := "content of " + c.file + "\n"
		switch c.file {
		case "link to plain.txt":
			if err := os.Symlink("plain.txt", file); err != nil {
				t.Fatal(err)
			}
			continue
		case "empty.txt":
			content = ""
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// importItems puts the items of nameCases, and those to be shown inline, into a
// new catalogue by `downlink import`, and returns its data folder.
func importItems(t testing.TB) string {
	t.Helper()
	data := t.TempDir()
	var lines []byte
	add := func(fields map[string]any) {
		line, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(append(lines, line...), '\n')
	}
	for _, c := range nameCases {
		if slug, ok := strings.CutPrefix(c.path, "/d/"); ok {
			add(map[string]any{"slug": slug, "key": c.file, "name": c.override})
		}
	}
	for _, c := range inlineCases {
		add(map[string]any{"slug": c.slug, "key": c.file, "inline": true})
	}
	file := filepath.Join(data, "items.jsonl")
	if err := os.WriteFile(file, lines, 0o600); err != nil {
		t.Fatal(err)
	}
	server.Run(t, "import", "--data", data, file)
	return data
}
