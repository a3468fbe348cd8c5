package core_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/downlink-go/downlink/core"
)

const (
	fixDate  = "Tue, 02 Jan 2024 03:04:05 GMT"
	longDate = "Tuesday, 02-Jan-24 03:04:05 GMT"
	cDate    = "Tue Jan  2 03:04:05 2024"
)

var (
	modified = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	now      = time.Date(2026, 7, 8, 9, 10, 11, 0, time.UTC)
	stream   = core.Capabilities{Deliveries: []core.Delivery{core.Stream}, MultipartRanges: true}
)

// within maps any number to one between from and to, so that fuzzing stays
// where the rules are.
func within(n, from, to int64) int64 {
	if n >= from && n <= to {
		return n
	}
	return from + int64(uint64(n)%uint64(to-from+1))
}

// fuzzNow is a present time, zero for 0.
func fuzzNow(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(within(n, 0, 1<<32), 0)
}

// rangeSeeds are Range fields that have broken servers, or nearly did.
var rangeSeeds = []string{
	"bytes=0-0", "bytes=0-", "bytes=-1", "bytes=-0", "bytes=99-", "bytes=100-", "bytes=5-4", "bytes=", "bytes", "",
	"bytes=0-1,5-8", "bytes=5-8,0-1", "bytes=0-1, 2-3", "bytes=0-5,3-9,20-,-1", "Bytes=1-2", "lines=1-2", "bytes =0-1",
	"bytes= 0-1 , 4-5\t", "bytes=,0-1,,", "bytes=0-1;2-3", "bytes=0--1", "bytes=--1", "bytes=+0-1", "bytes=0x0-1",
	"bytes=18446744073709551616-", "bytes=-9223372036854775808", "bytes=0-18446744073709551615",
	"bytes=9223372036854775807-9223372036854775806", "bytes=00000000000000000000000-1", "bytes=0-1,0-1,0-1",
	"bytes=99999999999999999999-99999999999999999998", "bytes=-18446744073709551617", "bytes=\u0661-2",
	"bytes=" + strings.Repeat("0-0,", 256) + "0-0", "bytes=" + strings.Repeat("0-,", 255) + "1-",
	"bytes=" + evens(16), "bytes=" + evens(17), "bytes=" + evens(17) + ",0-40",
}

// evens lists n ranges of one byte that do not touch.
func evens(n int) string {
	var b []string
	for i := range n {
		b = append(b, decimal(int64(2*i))+"-"+decimal(int64(2*i)))
	}
	return strings.Join(b, ",")
}

var dateSeeds = []string{
	fixDate, longDate, cDate, "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
	"Sunday, 06-Nov-70 08:49:37 GMT", "Sunday, 06-Nov-69 08:49:37 GMT", "Wednesday, 08-Jul-76 09:10:11 GMT", "Wednesday, 08-Jul-76 09:10:12 GMT",
	"Thu, 29 Feb 2024 00:00:00 GMT", "Wed, 29 Feb 2023 00:00:00 GMT", "Thu, 29 Feb 1900 00:00:00 GMT", "Tue, 31 Apr 2024 00:00:00 GMT",
	"Sat, 31 Dec 2016 23:59:60 GMT", "Sat, 31 Dec 2016 23:59:61 GMT", "Sat, 31 Dec 2016 24:00:00 GMT", "Sat, 00 Dec 2016 00:00:00 GMT",
	"sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
	"Sun, 6 Nov 1994 08:49:37 GMT", "Sun Nov 06 08:49:37 1994", "Sun Nov 6 08:49:37 1994", "Mon, 06 Nov 1994 08:49:37 GMT", "0", "",
	"Sat, 01 Jan 0000 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Sun, 06 Nov 1994 08:49:37.5 GMT", "Sun, 06 Nov 1994 08:49:37 GMT; length=5",
}

var tagSeeds = []string{
	`"a"`, `W/"a"`, `w/"a"`, `"b", "a"`, `"b" , W/"a"`, `W/`, `"b", W`, `*`, ` * `, `*, "a"`, `"a", *`, `,, "a",`, `""`, `a`, `"a`, `"a" "b"`,
	`"a b"`, `"a,b", "c"`, `"a\"b"`, "\"a\x00\"", "\"\xe9\"", `W/"b", "c", x, "a"`, "", " ",
}

var nameSeeds = []string{
	"a.pdf", "日本.pdf", "100%.txt", "a%20b.txt", `setup.bat";x=.txt`, "a\r\nSet-Cookie: x=1.txt", "a\x00.txt", "", ".", "..", "...", "  ",
	"\u202egpj.exe", "\u2066x\u2069.txt", "a\u2028b.txt", "a\u0085b.txt", "\u05e9\u05dc\u05d5\u05dd.pdf", "👩‍👩‍👧.png", "e\u0301.txt",
	"\uff02; filename=x.exe", "a/b\\c.txt", "\xff\xfe.txt", "a.", "a .txt ", ".htaccess", "x\ufeff.txt", "\ufffd.txt",
	strings.Repeat("é", 200) + ".tar.gz", strings.Repeat("x", 300), strings.Repeat("x", 300) + ".txt",
	"a." + strings.Repeat("x", 300), strings.Repeat("x", 250) + " . . .txt", "%", "%4", "%é1.txt", `"`, `\`, "a;b.txt", "a'b.txt", "\x7f", "\u2000", "\u3000a\u00a0.\u2003",
}

func FuzzDecide(f *testing.F) {
	add := func(method string, conditions [4]string, rng, ifRange, name, etag, mediaType, optional string, size, maxBody int64, deliveries string, flags uint8) {
		f.Add(method, conditions[0], conditions[1], conditions[2], conditions[3], rng, ifRange, name, etag, mediaType,
			optional, optional, optional, optional, size, maxBody, deliveries, modified.Unix(), now.Unix(), uint64(7), flags)
	}
	none := [4]string{}
	for i, r := range rangeSeeds {
		add("GET", none, r, "", "a.txt", `"a"`, "", "", 100, 0, "\x01", uint8(i)|4)
	}
	for _, tag := range tagSeeds {
		add("GET", [4]string{tag, "", "", ""}, "bytes=1-2", tag, "a.txt", `"a"`, "", "", 100, 0, "\x01", 4)
		add("HEAD", [4]string{"", tag, "", ""}, "", "", "a.txt", `W/"a"`, "", "", 100, 0, "\x01", 4)
	}
	for _, date := range dateSeeds {
		add("GET", [4]string{"", "", date, ""}, "", "", "a.txt", "", "", "", 100, 0, "\x01", 4)
		add("GET", [4]string{"", "", "", date}, "bytes=1-2", date, "a.txt", "", "", "", 100, 0, "\x01", 4)
	}
	for i, name := range nameSeeds {
		add("GET", none, "", "", name, "", "", "", 100, 0, "\x01", uint8(i))
	}
	for _, deliveries := range []string{"", "\x00", "\x01", "\x02", "\x03", "\x01\x02", "\x01\x03", "\x09"} {
		add("GET", none, "bytes=0-9", "", "a.txt", `"a"`, "text/html", "gzip", 100, 50, deliveries, 7)
		add("GET", none, "bytes=0-9", "", "a.txt", `"a"`, "image/png", "x y\n", -1, 50, deliveries, 1)
		add("GET", none, "bytes=200-", "", "a.txt", `"a"`, "image/", "é", 100, 50, deliveries, 1)
	}
	for _, method := range []string{"POST", "", "get", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT"} {
		add(method, [4]string{`"x"`, "", "", ""}, "bytes=0-9", "", "a.txt", `"a"`, "", "", 100, 0, "\x01", 0)
	}
	f.Fuzz(func(t *testing.T, method, ifMatch, ifNoneMatch, ifModified, ifUnmodified, rng, ifRange, name, etag, mediaType,
		charset, encoding, cacheControl, other string, size, maxBody int64, deliveries string, mod, clock int64, nonce uint64, flags uint8) {
		r := core.Request{
			Method: method, IfMatch: ifMatch, IfNoneMatch: ifNoneMatch, IfModifiedSince: ifModified, IfUnmodifiedSince: ifUnmodified,
			Range: rng, IfRange: ifRange, Now: fuzzNow(clock), Nonce: nonce,
		}
		rep := core.Representation{
			Name: name, Size: within(size, -2, 1<<60), ETag: etag, LastModified: time.Unix(mod, 999), MediaType: mediaType,
			Charset: charset, ContentEncoding: encoding, CacheControl: cacheControl, Language: other, Digest: other, Vary: other,
			Inline: flags&1 != 0, InlineUnsafe: flags&2 != 0, Extra: []core.Field{{Name: charset, Value: other}, {Name: other, Value: charset}},
		}
		c := core.Capabilities{MaxBody: maxBody, MultipartRanges: flags&4 != 0, FrontKnowsETag: flags&8 != 0, NoRanges: flags&16 != 0, FrontObeys: flags&32 != 0}
		for _, d := range []byte(deliveries) {
			c.Deliveries = append(c.Deliveries, core.Delivery(d))
		}
		if err := checkDecide(r, rep, c); err != nil {
			t.Errorf("%v\nrequest %+v\nrepresentation %+v\ncapabilities %+v", err, r, rep, c)
		}
	})
}

func FuzzParseRange(f *testing.F) {
	for _, r := range rangeSeeds {
		for _, size := range []int64{0, 1, 10, 100, 1 << 40} {
			f.Add(r, size)
		}
	}
	f.Fuzz(func(t *testing.T, field string, size int64) {
		size = within(size, 0, 1<<60)
		r := core.Request{Method: "GET", Range: field}
		rep := core.Representation{Name: "a.bin", Size: size}
		if err := checkDecide(r, rep, stream); err != nil {
			t.Errorf("Range %q of %d bytes: %v", field, size, err)
		}
	})
}

func FuzzHTTPDate(f *testing.F) {
	for _, s := range dateSeeds {
		f.Add(s, now.Unix())
		f.Add(s, int64(0))
	}
	f.Fuzz(func(t *testing.T, s string, clock int64) {
		at := fuzzNow(clock)
		got, ok := core.ParseHTTPDate(s, at)
		want, wantOK := oracleDate(s, at)
		if ok != wantOK || ok && !got.Equal(want) {
			t.Fatalf("ParseHTTPDate(%q, %v) = %v, %v, want %v, %v", s, at, got, ok, want, wantOK)
		}
		if !ok || got.Year() < 1 || got.Year() > 9999 {
			return
		}
		text := string(core.AppendHTTPDate(nil, got))
		if want := got.Format(http.TimeFormat); text != want {
			t.Errorf("AppendHTTPDate = %q, want %q", text, want)
		}
		if back, ok := core.ParseHTTPDate(text, at); !ok || !back.Equal(got) {
			t.Errorf("ParseHTTPDate(%q) = %v, %v, want %v", text, back, ok, got)
		}
	})
}

func FuzzPreconditions(f *testing.F) {
	for _, tag := range tagSeeds {
		for _, date := range dateSeeds[:3] {
			f.Add(tag, "", "", date, `"a"`, modified.Unix())
			f.Add("", tag, date, "", `W/"a"`, modified.Unix()+1)
			f.Add("", "", date, tag, "", modified.Unix()-1)
		}
	}
	f.Fuzz(func(t *testing.T, ifMatch, ifNoneMatch, ifModified, ifUnmodified, etag string, mod int64) {
		for _, method := range []string{"GET", "HEAD"} {
			r := core.Request{
				Method: method, IfMatch: ifMatch, IfNoneMatch: ifNoneMatch,
				IfModifiedSince: ifModified, IfUnmodifiedSince: ifUnmodified, Now: now,
			}
			rep := core.Representation{Name: "a", Size: 3, ETag: etag, LastModified: time.Unix(mod, 0)}
			if err := checkDecide(r, rep, stream); err != nil {
				t.Errorf("%+v of %+v: %v", r, rep, err)
			}
		}
	})
}

func FuzzDisposition(f *testing.F) {
	for i, name := range nameSeeds {
		f.Add(name, i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, name string, inline bool) {
		v := string(core.AppendDisposition([]byte("x"), inline, name))
		if err := checkDisposition(v[1:], inline, name); err != nil {
			t.Errorf("AppendDisposition(%q) = %q: %v", name, v[1:], err)
		}
		clean := core.CleanName(name)
		if want := oracleCleanName(name); clean != want {
			t.Errorf("CleanName(%q) = %q, want %q", name, clean, want)
		}
		if again := core.CleanName(clean); again != clean {
			t.Errorf("CleanName(%q) = %q: a clean name changes", clean, again)
		}
		if clean == "" || len(clean) > 255 || !utf8.ValidString(clean) {
			t.Errorf("CleanName(%q) = %q", name, clean)
		}
	})
}

var mediaTypeForm = regexp.MustCompile(`^(application|audio|font|image|message|model|text|video)/[a-z0-9][a-z0-9.+-]*$`)

func FuzzMediaType(f *testing.F) {
	for _, name := range nameSeeds {
		f.Add(name)
	}
	f.Add("site.webmanifest")
	f.Add("A.TAR.GZ")
	f.Fuzz(func(t *testing.T, name string) {
		got := core.MediaType(name)
		if !mediaTypeForm.MatchString(got) {
			t.Errorf("MediaType(%q) = %q", name, got)
		}
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			i = len(name)
		}
		// Nothing but the last extension counts, and not its case.
		for _, other := range []string{"x" + name[i:], "a.html" + name[i:], strings.ToUpper(name[i:])} {
			if utf8.ValidString(name) && ascii(name[i:]) && core.MediaType(other) != got && i < len(name) {
				t.Errorf("MediaType(%q) = %q, but MediaType(%q) = %q", name, got, other, core.MediaType(other))
			}
		}
	})
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// pathSeeds are the hostile paths of the CVEs in the list of what goes wrong.
var pathSeeds = []string{
	"/a.txt", "/", "", "a", "*", "/a/b%20c.txt", "/%41", "/../etc/passwd", "/a/../b", "/a/..", "/.", "/./a", "/%2e%2e/a", "/.%2e/a", "/%2E./a",
	"/%252e%252e/a", "/%%32%65%%32%65/a", "/%c0%ae%c0%ae/a", "/%e0%80%ae/a", "/%uff0e/a", "/%u002e%u002e/a", "/\uff0e\uff0e/a", "/..%2fa", "/a%2fb", "/a%2Fb",
	"/a%5cb", `/a\b`, "/a%5c%5cb", "/a%5c..%5cb", "/%5ca", "/C:%5ca", `/a\%zz`, "/..%5ca", `/..\a`, "/..;/a", "/..%00/a", "/a%00.txt", "/a\x00", "/a%09", "/a%0d%0aX: y", "/a%7f", "//a", "/a//b", "/a/", "//evil.example/",
	`/\evil.example`, "/%5c%5cevil.example", "/%", "/%4", "/%zz", "/a%", "/%25", "/%2525", "/C:/a", "/file:///etc/passwd", "/CON", "/a::$DATA", "/A~1", "/a.", "/a%20",
	"/" + strings.Repeat("../", 40) + "etc/passwd", "/" + strings.Repeat("a/", 2047) + "ab", "/" + strings.Repeat("%61", 4096), "/" + strings.Repeat("%61", 4097),
	"/" + strings.Repeat("x", 4096), "/" + strings.Repeat("x", 4097), "/é", "/%C3%A9", "/\xff", "/%FF", "/a?b", "/a%3Fb", "/a#b", "/a%23b",
	"/%2f%zz", "/%zz%2f",
}

func FuzzPath(f *testing.F) {
	for _, p := range pathSeeds {
		f.Add(p)
	}
	site := mustSite(f, core.Route{Pattern: "/{path...}", Lookup: core.Object, Source: "files"})
	f.Fuzz(func(t *testing.T, path string) {
		plan := site.Plan(core.Request{Method: "GET", Path: path})
		key, refusals := oraclePath(path)
		if refusals == nil {
			if plan.Lookup != core.Object || plan.Key != key || plan.Param("path") != key {
				t.Fatalf("Plan(%q) = %v of %q, want an object %q", path, plan.Lookup, plan.Key, key)
			}
			escaped := "/" + string(core.AppendEscapedPath(nil, key))
			if back, err := url.PathUnescape(escaped); err != nil || back != "/"+key {
				t.Errorf("AppendEscapedPath(%q) = %q, which decodes to %q, %v", key, escaped, back, err)
			}
			if again := site.Plan(core.Request{Method: "GET", Path: escaped}); again.Key != key {
				t.Errorf("Plan(%q).Key = %q, want %q", escaped, again.Key, key)
			}
			return
		}
		if plan.Lookup != core.Answered || !slices.Contains(refusals, plan.Answer.Status) {
			t.Fatalf("Plan(%q) = %v of %q with %d, want one of %v", path, plan.Lookup, plan.Key, plan.Answer.Status, refusals)
		}
		if err := plan.Answer.Validate(); err != nil {
			t.Error(err)
		}
	})
}

func FuzzPattern(f *testing.F) {
	for _, pattern := range []string{
		"/files/{path...}", "/d/{slug}", "/{a}/{b}/c", "/{a}/{b}/{c}/{d...}", "/{a}/{b}/{c}/{d}/{e}", "/", "", "a", "//", "/{", "/}", "/{}", "/{a", "/a{b}", "/{a}b",
		"/{a...}/b", "/{...}", "/{a}/{a}", "/{1}", "/{_1}", "/a b/%20", "/../a", "/{path....}", "/é/{é}",
	} {
		f.Add(pattern, "/files/x/y", "x/y")
		f.Add(pattern, "/d/x", "a b")
		f.Add(pattern, "/a/b/c", "é?#")
	}
	f.Fuzz(func(t *testing.T, text, path, value string) {
		p, err := core.ParsePattern(text)
		variables, valid := oraclePattern(text)
		if (err == nil) != valid {
			t.Fatalf("ParsePattern(%q) = %v, want valid: %v", text, err, valid)
		}
		if err != nil {
			return
		}
		if p.String() != text {
			t.Errorf("String = %q, want %q", p.String(), text)
		}
		site, err := core.NewSite([]core.Route{{Pattern: text, Lookup: core.Custom}})
		if err != nil {
			t.Fatal(err)
		}
		plan := site.Plan(core.Request{Method: "GET", Path: path})
		want := oracleMatch(text, path)
		if (plan.Lookup == core.Custom) != (want != nil) {
			t.Fatalf("%q fits %q: %v, want %v", text, path, plan.Lookup, want)
		}
		for name, v := range want {
			if got := plan.Param(name); got != v {
				t.Errorf("{%s} of %q in %q = %q, want %q", name, text, path, got, v)
			}
		}
		fits := core.CheckKey(value) == "" && (strings.HasSuffix(text, "...}") || !strings.Contains(value, "/"))
		if u, ok := p.URL(value); ok != (fits && len(variables) == 1) {
			t.Errorf("URL of %q for %q = %q, %v", text, value, u, ok)
		} else if ok {
			plan := site.Plan(core.Request{Method: "GET", Path: u})
			if long := len(u) > 3000; !long && plan.Param(variables[0]) != value {
				t.Errorf("URL of %q for %q = %q, which is not found there", text, value, u)
			}
		}
	})
}

var variable = regexp.MustCompile(`^\{([A-Za-z_][A-Za-z0-9_]*)(\.\.\.)?\}$`)

// oraclePattern returns the variables of a pattern and whether it is one.
func oraclePattern(text string) (variables []string, valid bool) {
	rest, ok := strings.CutPrefix(text, "/")
	if !ok {
		return nil, false
	}
	segments := strings.Split(rest, "/")
	for i, s := range segments {
		m := variable.FindStringSubmatch(s)
		switch {
		case m == nil && (strings.ContainsAny(s, "{}") || core.CheckKey(s) != ""):
			return nil, false
		case m != nil && (m[2] != "" && i < len(segments)-1 || slices.Contains(variables, m[1])):
			return nil, false
		case m != nil:
			variables = append(variables, m[1])
		}
	}
	return variables, len(variables) <= 4
}

// oracleMatch returns the variables of a path that a pattern fits, nil if it
// does not: the pattern as a regular expression over the decoded path.
func oracleMatch(text, path string) map[string]string {
	key, refusals := oraclePath(path)
	if refusals != nil {
		return nil
	}
	expression, names := "", []string{}
	for s := range strings.SplitSeq(text[1:], "/") {
		m := variable.FindStringSubmatch(s)
		switch {
		case m == nil:
			expression += "/" + latin(s, true)
		case m[2] == "":
			expression, names = expression+"/([^/]+)", append(names, m[1])
		default:
			expression, names = expression+"/(.+)", append(names, m[1])
		}
	}
	// Latin-1, one character per byte, so that any bytes can be matched.
	m := regexp.MustCompile("(?s)^" + expression + "$").FindStringSubmatch("/" + latin(key, false))
	if m == nil {
		return nil
	}
	values := map[string]string{}
	for i, name := range names {
		var b []byte
		for _, r := range m[i+1] {
			b = append(b, byte(r))
		}
		values[name] = string(b)
	}
	return values
}

func latin(s string, quote bool) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	if quote {
		return regexp.QuoteMeta(string(runes))
	}
	return string(runes)
}

func mustSite(tb testing.TB, routes ...core.Route) *core.Site {
	tb.Helper()
	s, err := core.NewSite(routes)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
