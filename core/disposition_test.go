package core_test

import (
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
)

func TestCleanName(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, row := range []struct{ name, in, want string }{
		{"plain", "report.pdf", "report.pdf"},
		{"non-ASCII", "日本.pdf", "日本.pdf"},
		{"percent", "100%.txt", "100%.txt"},
		{"percent-encoded", "a%20b.txt", "a%20b.txt"},
		{"quote and semicolon", `setup.bat";x=.txt`, `setup.bat";x=.txt`},
		{"full-width quote", "\uff02.txt", "\uff02.txt"},
		{"NUL", "a\x00b.txt", "a_b.txt"},
		{"CR LF", "a\r\nSet-Cookie: x.txt", "a__Set-Cookie: x.txt"},
		{"tab, escape, DEL", "a\t\x1b\x7f.txt", "a___.txt"},
		{"C1 controls", "a\u0080\u0085\u009fb", "a___b"},
		{"no-break space stays", "a\u00a0b", "a\u00a0b"},
		{"slashes", "../../etc/passwd", ".._.._etc_passwd"},
		{"backslashes", `..\..\boot.ini`, ".._.._boot.ini"},
		{"drive", `C:\a.txt`, "C:_a.txt"},
		{"right-to-left override", "a\u202egpj.exe", "agpj.exe"},
		{"all embeddings and overrides", "\u202a\u202b\u202c\u202d\u202ea", "a"},
		{"isolates", "\u2066\u2067\u2068\u2069a", "a"},
		{"direction marks", "a\u200e\u200f\u061cb", "ab"},
		{"line and paragraph separator", "a\u2028b\u2029c", "abc"},
		{"byte order mark", "\ufeffa.txt", "a.txt"},
		{"right-to-left letters stay", "שלום.pdf", "שלום.pdf"},
		{"Arabic stays", "تقرير.pdf", "تقرير.pdf"},
		{"joined emoji stay", "👩‍👩‍👧.png", "👩‍👩‍👧.png"},
		{"combining marks stay", "e\u0301.txt", "e\u0301.txt"},
		{"Persian non-joiner stays", "می\u200cخواهم", "می\u200cخواهم"},
		{"not UTF-8", "a\xff\xfeb", "a__b"},
		{"cut UTF-8", "a\xe6\x97", "a__"},
		{"overlong slash", "a\xc0\xafb", "a__b"},
		{"replacement character", "a\ufffdb", "a_b"},
		{"empty", "", "download"},
		{"dot", ".", "download"},
		{"dot dot", "..", "download"},
		{"dots and spaces", " .. . ", "download"},
		{"only invisible", "\u202e\u2066", "download"},
		{"spaces around", "  a b.txt  ", "a b.txt"},
		{"dots at the end", "a.txt...", "a.txt"},
		{"invisible after a dot", "a.\u200e", "a"},
		{"hidden", ".htaccess", ".htaccess"},
		{"too long", long, strings.Repeat("x", 255)},
		{"too long with extension", long + ".pdf", strings.Repeat("x", 251) + ".pdf"},
		{"too long with two extensions", long + ".tar.gz", strings.Repeat("x", 252) + ".gz"},
		{"too long in characters of two bytes", strings.Repeat("é", 200) + ".pdf", strings.Repeat("é", 125) + ".pdf"},
		{"too long in characters of four bytes", strings.Repeat("😀", 100) + ".a", strings.Repeat("😀", 63) + ".a"},
		{"extension too long to be one", "a." + long, "a." + strings.Repeat("x", 253)},
		{"exactly 255", strings.Repeat("x", 251) + ".txt", strings.Repeat("x", 251) + ".txt"},
		{"cut at a space", strings.Repeat("x", 254) + " yyy", strings.Repeat("x", 254)},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := core.CleanName(row.in); got != row.want {
				t.Errorf("CleanName(%q) = %q, want %q", row.in, got, row.want)
			}
		})
	}
}

func TestAppendDisposition(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"plain", "report-1.0_final.pdf", `filename="report-1.0_final.pdf"`},
		{"space", "a b.txt", `filename="a b.txt"`},
		{"non-ASCII", "日本.pdf", `filename="__.pdf"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.pdf`},
		{"umlaut", "Übersicht.pdf", `filename="_bersicht.pdf"; filename*=UTF-8''%C3%9Cbersicht.pdf`},
		{"percent", "100%.txt", `filename="100%.txt"`},
		{"percent-encoded", "a%20b.txt", `filename="a_20b.txt"; filename*=UTF-8''a%2520b.txt`},
		{"quote and semicolon", `setup.bat";x=.txt`, `filename="setup.bat';x=.txt"; filename*=UTF-8''setup.bat%22%3Bx%3D.txt`},
		{"full-width quote", "a\uff02; filename=x.exe", `filename="a_; filename=x.exe"; filename*=UTF-8''a%EF%BC%82%3B%20filename%3Dx.exe`},
		{"apostrophe and star", "it's*.txt", `filename="it's*.txt"`},
		{"apostrophe beside an umlaut", "it's*ü", `filename="it's*_"; filename*=UTF-8''it%27s%2A%C3%BC`},
		{"CR LF", "a\r\nSet-Cookie: x=1", `filename="a__Set-Cookie: x=1"`},
		{"backslash", `a\".txt`, `filename="a_'.txt"; filename*=UTF-8''a_%22.txt`},
		{"override", "\u202etxt.exe", `filename="txt.exe"`},
		{"empty", "", `filename="download"`},
		{"dot dot", "..", `filename="download"`},
		{"hidden", ".htaccess", `filename=".htaccess"`},
		{"emoji", "😀.png", `filename="_.png"; filename*=UTF-8''%F0%9F%98%80.png`},
		{"extension outside ASCII", "a.日本", `filename="a.__"; filename*=UTF-8''a.%E6%97%A5%E6%9C%AC`},
		{"255 bytes", strings.Repeat("x", 255), `filename="` + strings.Repeat("x", 255) + `"`},
		{"256 bytes", strings.Repeat("x", 256), `filename="` + strings.Repeat("x", 255) + `"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			for kind, inline := range map[string]bool{"inline; ": true, "attachment; ": false} {
				got := string(core.AppendDisposition(nil, inline, row.in))
				if want := kind + row.want; got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				if err := checkDisposition(got, inline, row.in); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// The strict parser that the fuzz tests use refuses what clients read in more
// than one way.
func TestStrictDispositionParser(t *testing.T) {
	for _, v := range []string{
		``, `attachment`, `attachment; filename=a.txt`, `attachment; filename="a`, `attachment; filename="a"b"`, `attachment;filename="a"`,
		`attachment; filename="a\"b"`, `attachment; filename="a%20b"`, `attachment; filename="a"; filename="b"`, `attachment; filename="a"; x=y`,
		`form-data; filename="a"`, "attachment; filename=\"a\r\nb\"", `attachment; filename="é"`, `attachment; filename="a"; filename*=utf-8''a`,
		`attachment; filename="a"; filename*=UTF-8''%ff`, `attachment; filename="a"; filename*=UTF-8''a b`, `attachment; filename="a"; filename*=UTF-8''a%2`,
		`attachment; filename="a"; filename*=UTF-8''`, `attachment; filename="a"; filename*=UTF-8''a; filename*=UTF-8''b`,
	} {
		if d, err := parseDisposition(v); err == nil {
			t.Errorf("%q is read as %+v", v, d)
		}
	}
}
