package downloadtest_test

import (
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/downloadtest"
)

func TestParseDisposition(t *testing.T) {
	for value, want := range map[string]downloadtest.Disposition{
		"attachment":                                            {Type: "attachment"},
		`Inline; FileName="a b.txt"`:                            {Type: "inline", Filename: "a b.txt"},
		`attachment;filename=a.txt`:                             {Type: "attachment", Filename: "a.txt"},
		`attachment; filename="a\"\\b"`:                         {Type: "attachment", Filename: `a"\b`},
		`attachment; filename="_"; filename*=utf-8''%5A`:        {Type: "attachment", Filename: "_", Extended: "Z", HasExtended: true},
		`attachment; filename*=UTF-8'en'a%20b+c ; filename="x"`: {Type: "attachment", Filename: "x", Extended: "a b+c", HasExtended: true},
	} {
		if got, err := downloadtest.ParseDisposition(value); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", value, got, err, want)
		}
	}
	for value, want := range map[string]string{
		"":                                      "does not begin with a type",
		`; filename="a"`:                        "does not begin with a type",
		`attachment filename="a"`:               "where a semicolon should",
		`attachment; filename`:                  "no name=value",
		`attachment; filename=`:                 "has no value",
		`attachment; ="a"`:                      "no name=value",
		`attachment; filename="a`:               "has no end",
		`attachment; filename="a\`:              "has no end",
		`attachment; filename="a"b`:             "where a semicolon should",
		`attachment; filename="a"; FILENAME=b`:  "filename is there twice",
		`attachment; name="a"`:                  "neither filename nor filename*",
		`attachment; filename*=a.txt`:           "does not begin with UTF-8''",
		`attachment; filename*=ISO-8859-1''a`:   "does not begin with UTF-8''",
		`attachment; filename*=UTF-8''%zz`:      "percent-encoding",
		`attachment; filename*=UTF-8''%ff`:      "percent-encoding",
		"attachment; filename=\"a\x00\"":        "byte 0x0",
		"attachment; filename=\"\xe6\x97\xa5\"": "byte 0xe6",
	} {
		if got, err := downloadtest.ParseDisposition(value); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want %q", value, got, err, want)
		}
	}
}

// What the core writes is read back, whatever the name.
func FuzzParseDisposition(f *testing.F) {
	for _, name := range []string{"a.txt", "日本 語.tar.gz", `a"b\c.txt`, "100%41.txt", "", "é\x00\u202e.pdf", "it's.txt", "a;b=c,d.txt"} {
		f.Add(name, true)
	}
	f.Fuzz(func(t *testing.T, name string, inline bool) {
		value := string(core.AppendDisposition(nil, inline, name))
		d, err := downloadtest.ParseDisposition(value)
		if err != nil {
			t.Fatalf("%q: %s: %v", name, value, err)
		}
		if got, want := d.Name(), core.CleanName(name); got != want {
			t.Errorf("%q: %s: name %q, want %q", name, value, got, want)
		}
		if inline != (d.Type == downloadtest.Inline) {
			t.Errorf("%q: %s: type %q", name, value, d.Type)
		}
	})
}
