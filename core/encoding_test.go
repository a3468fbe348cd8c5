package core_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
)

var all = []string{"br", "zstd", "gzip"}

func TestEncodings(t *testing.T) {
	for _, row := range []struct {
		accept string
		want   string
	}{
		{"", ""}, {"   ", ""}, {"gzip", "gzip"}, {"GZip", "gzip"}, {"x-gzip", "gzip"}, {"identity", ""}, {"*", "br zstd gzip"},
		{"gzip, deflate, br, zstd", "br zstd gzip"}, {"gzip,deflate", "gzip"}, {"deflate", ""},
		{"gzip;q=1.0, br;q=0.5", "gzip br"}, {"gzip;q=0.8, br;q=0.8", "br gzip"}, {"gzip;q=0.001", "gzip"},
		{"gzip;q=0", ""}, {"gzip;q=0.000", ""}, {"*, gzip;q=0", "br zstd"}, {"*;q=0", ""}, {"*;q=0, br", "br"},
		{"br;q=0, *", "zstd gzip"}, {"identity;q=0", ""}, {"identity;q=0, gzip;q=0.1", "gzip"}, {"identity;q=0, *;q=0", ""},
		{"identity;q=0.5, gzip;q=0.4, br;q=0.6", "br"}, {"identity;q=0.5, gzip;q=0.5", "gzip"}, {"identity, gzip;q=0.9", ""},
		{"*;q=0.5, gzip;q=0.2", "br zstd"}, {"*;q=0.5, gzip", "gzip br zstd"}, {" gzip ; q=0.5 , br ; Q=0.6 ", "br gzip"},
		{"gzip;q=1.001", ""}, {"gzip;q=2", ""}, {"gzip;q=0.0001", ""}, {"gzip;q=.5", ""}, {"gzip;q=-1", ""}, {"gzip;q=", ""},
		{"gzip;q= 1", ""}, {"gzip;q =1", ""}, {"gzip;level=9", ""}, {"gzip;q=1;level=9", ""}, {"gzip;q=1.", "gzip"}, {"gzip;q=0.", ""},
		{"gzip;q=0, gzip", ""}, {"gzip, gzip;q=0", "gzip"}, {",,gzip,,", "gzip"}, {"gz ip", ""}, {"gzip br", ""}, {`"gzip"`, ""},
		{"gzip;q=1.000, br;q=1", "br gzip"}, {"gzip\x00", ""}, {"\tgzip\t", "gzip"},
	} {
		if got := strings.Join(core.Encodings(row.accept, all), " "); got != row.want {
			t.Errorf("%q: %q, want %q", row.accept, got, row.want)
		}
	}
	if got := core.Encodings("gzip, br", []string{"gzip", "br"}); !slices.Equal(got, []string{"gzip", "br"}) {
		t.Errorf("what is offered first goes first: got %q", got)
	}
	if got := core.Encodings("*", nil); got != nil {
		t.Errorf("nothing is offered: got %q", got)
	}
}

// oracleEncodings reads the RFC's grammar by a regular expression and sorts.
func oracleEncodings(accept string, offered []string) []string {
	member := regexp.MustCompile("^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*;[ \t]*[qQ]=(0(?:\\.[0-9]{0,3})?|1(?:\\.0{0,3})?))?$")
	weights := map[string]float64{}
	for _, text := range strings.Split(accept, ",") {
		m := member.FindStringSubmatch(strings.Trim(text, " \t"))
		if m == nil {
			continue
		}
		name, q := strings.ToLower(m[1]), 1.0
		if m[2] != "" {
			q, _ = strconv.ParseFloat(strings.TrimSuffix(m[2], "."), 64)
		}
		if name == "x-gzip" {
			name = "gzip"
		}
		if _, twice := weights[name]; !twice {
			weights[name] = q
		}
	}
	weight := func(coding string) (float64, bool) {
		if q, ok := weights[coding]; ok {
			return q, true
		}
		q, ok := weights["*"]
		return q, ok
	}
	var chosen []string
	plain, _ := weight("identity")
	for _, coding := range offered {
		if q, ok := weight(coding); ok && q > 0 && q >= plain {
			chosen = append(chosen, coding)
		}
	}
	slices.SortStableFunc(chosen, func(a, b string) int {
		x, _ := weight(a)
		y, _ := weight(b)
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return chosen
}

func FuzzEncodings(f *testing.F) {
	for _, s := range []string{
		"", "gzip", "gzip, deflate, br, zstd", "gzip;q=0.8, br;q=0.9, *;q=0.1", "identity;q=0, *;q=0", "x-gzip;Q=1.000", "*",
		"gzip;q=0.0001", "gzip ;\tq=1.", ",,a,;q=1", "gzip;q=0,gzip", "br;q=1.0000", "identity", "zstd;q=0.333,identity;q=0.334",
	} {
		f.Add(s, uint8(7))
	}
	f.Fuzz(func(t *testing.T, accept string, which uint8) {
		var offered []string
		for i, coding := range []string{"br", "zstd", "gzip", "gzip", "br"} {
			if which>>i&1 != 0 && !slices.Contains(offered, coding) {
				offered = append(offered, coding)
			}
		}
		got, want := core.Encodings(accept, offered), oracleEncodings(accept, offered)
		if !slices.Equal(got, want) {
			t.Errorf("Encodings(%q, %q) = %q, want %q", accept, offered, got, want)
		}
	})
}

func TestCodedETag(t *testing.T) {
	for tag, want := range map[string]string{`"a"`: `"a-gzip"`, `W/"a"`: `W/"a-gzip"`, `""`: `"-gzip"`, "": "", "a": "", `"a`: ""} {
		if got := string(core.AppendCodedETag(nil, tag, "gzip")); got != want {
			t.Errorf("%s: %s, want %s", tag, got, want)
		}
	}
}

func TestExtension(t *testing.T) {
	for coding, want := range map[string]string{"br": ".br", "zstd": ".zst", "gzip": ".gz", "deflate": "", "": "", "GZIP": ""} {
		if got := core.Extension(coding); got != want {
			t.Errorf("%s: %q, want %q", coding, got, want)
		}
	}
}
