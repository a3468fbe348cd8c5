package core_test

import (
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/downlink-go/downlink/core"
)

// This file is a second implementation of the rules, written from RFC 9110,
// RFC 6266, RFC 8187 and the doc comments of core, slow and plain. The fuzz
// tests hold core against it.

// oracleAnswer is what a response has to be; fields that it maps to "" must be
// absent, and those that it does not mention are checked elsewhere.
type oracleAnswer struct {
	status   int
	delivery core.Delivery
	spans    []core.Span
	counts   bool
	// continues is set with a delivery only.
	continues bool
	fields    map[string]string
}

func oracleWholeFits(size int64, c core.Capabilities) bool {
	return c.MaxBody <= 0 || size >= 0 && size <= c.MaxBody
}

var (
	plainTags  = regexp.MustCompile(`^(\*|(W/)?"[!#-~\x80-\xff]*"([ \t]*,[ \t]*(W/)?"[!#-~\x80-\xff]*")*[ \t]*)$`)
	plainTag   = regexp.MustCompile(`^"[!#-~\x80-\xff]*"$`)
	plainRange = regexp.MustCompile(`^bytes=(?:([0-9]{1,18})-([0-9]{1,18})?|-([0-9]{1,18}))$`)
)

// oracleReadAlike says whether front servers read the request as core does.
func oracleReadAlike(r core.Request, c core.Capabilities, size int64, kind int) bool {
	fixdate := func(s string) bool {
		_, ok := oracleDate(s, time.Time{})
		return ok && strings.HasSuffix(s, " GMT") && s[3] == ','
	}
	if r.IfMatch != "" && (!c.FrontKnowsETag || r.IfUnmodifiedSince != "" || !plainTags.MatchString(r.IfMatch)) {
		return false
	}
	if r.IfNoneMatch != "" && !plainTags.MatchString(r.IfNoneMatch) || r.IfUnmodifiedSince != "" && (!c.FrontKnowsETag || !fixdate(r.IfUnmodifiedSince)) {
		return false
	}
	if r.IfModifiedSince != "" && r.IfNoneMatch == "" && !fixdate(r.IfModifiedSince) {
		return false
	}
	if r.Range == "" || kind == 416 {
		return true
	}
	m := plainRange.FindStringSubmatch(r.Range)
	if m == nil || size <= 0 || r.IfRange != "" && !plainTag.MatchString(r.IfRange) && !fixdate(r.IfRange) {
		return false
	}
	first, _ := strconv.ParseInt(m[1], 10, 64)
	last, err := strconv.ParseInt(m[2], 10, 64)
	return err != nil || first <= last
}

func oracleDecide(r core.Request, rep core.Representation, c core.Capabilities) oracleAnswer {
	refuse := func(status int) oracleAnswer {
		return oracleAnswer{status: status, fields: map[string]string{
			"Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8",
			"ETag": "", "Last-Modified": "", "Content-Disposition": "", "Accept-Ranges": "",
		}}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return refuse(405)
	}
	if len(c.Deliveries) == 0 {
		return refuse(503)
	}
	etag, modified := oracleValidators(rep)
	switch oraclePreconditions(r, etag, modified) {
	case 412:
		return refuse(412)
	case 304:
		a := oracleAnswer{status: 304, fields: map[string]string{
			"Cache-Control": rep.CacheControl, "ETag": etag, "Last-Modified": oracleLastModified(modified), "Vary": rep.Vary,
			"Content-Type": "", "Content-Length": "", "Content-Range": "", "Content-Disposition": "",
			"Content-Encoding": "", "Content-Language": "", "Repr-Digest": "", "Accept-Ranges": "",
		}}
		if !oracleValue(rep.CacheControl) {
			a.fields["Cache-Control"] = "private, no-cache"
		}
		if !oracleValue(rep.Vary) {
			a.fields["Vary"] = ""
		}
		return a
	}

	size := max(rep.Size, -1)
	kind, spans := 200, []core.Span(nil)
	if r.Method == http.MethodGet && r.Range != "" && size >= 0 && !c.NoRanges && oracleIfRange(r, etag, modified) {
		kind, spans = oracleRange(r.Range, size)
	}
	a := oracleAnswer{status: 200, fields: oracleFileFields(rep, etag, modified)}
	if c.NoRanges {
		a.fields["Accept-Ranges"] = "none"
	}
	if r.Method == http.MethodHead {
		for _, d := range c.Deliveries {
			if d == core.Offload || d == core.Redirect || d == core.Stream && oracleWholeFits(size, c) {
				a.fields["Content-Length"] = oracleLength(size)
				return a
			}
		}
		return refuse(503)
	}
	a.counts = kind == 200 || kind == 206 && oracleCounts(spans, size)
	a.continues = kind == 206 && !slices.ContainsFunc(spans, func(s core.Span) bool { return s.Start == 0 })
	deliveries := c.Deliveries
	if c.FrontObeys && len(spans) > 1 || !c.FrontObeys && !oracleReadAlike(r, c, size, kind) { // Offload goes behind all others
		isOffload := func(d core.Delivery) bool { return d == core.Offload }
		deliveries = slices.DeleteFunc(slices.Clone(c.Deliveries), isOffload)
		if slices.ContainsFunc(c.Deliveries, isOffload) {
			deliveries = append(deliveries, core.Offload)
		}
	}
	for _, d := range deliveries {
		switch {
		case kind == 416 && (d == core.Offload || d == core.Stream || d == core.Redirect):
			a := refuse(416)
			a.fields["Content-Range"] = fmt.Sprintf("bytes */%d", size)
			return a
		case d == core.Offload:
			a.delivery = core.Offload
			delete(a.fields, "Accept-Ranges")
			switch {
			case c.FrontObeys && len(spans) == 1:
				a.status, a.spans = 206, spans
				a.fields["Content-Range"] = fmt.Sprintf("bytes %d-%d/%d", spans[0].Start, spans[0].Start+spans[0].Length-1, size)
			case c.FrontObeys:
				a.counts, a.continues = true, false
			case !oracleReadAlike(r, c, size, kind): // nobody knows what the front server makes of it
				a.continues = !a.counts
			}
			return a
		case d == core.Redirect:
			return oracleAnswer{status: 302, delivery: core.Redirect, counts: a.counts, continues: !a.counts, fields: map[string]string{
				"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "Content-Type": "", "ETag": "", "Content-Disposition": "",
			}}
		case d != core.Stream:
			continue
		case len(spans) == 1 && c.MaxBody > 0 && spans[0].Length > c.MaxBody:
			continue
		}
		tooLong := c.MaxBody > 0 && oracleMultipart(spans, size, a.fields["Content-Type"]) > c.MaxBody
		if len(spans) > 1 && (tooLong || !c.MultipartRanges) {
			spans, a.counts, a.continues = nil, true, false // the whole file instead
		}
		if len(spans) == 0 && !oracleWholeFits(size, c) {
			continue
		}
		a.delivery = core.Stream
		switch len(spans) {
		case 0:
			a.fields["Content-Length"] = oracleLength(size)
		case 1:
			a.status, a.spans = 206, spans
			a.fields["Content-Length"] = oracleLength(spans[0].Length)
			a.fields["Content-Range"] = fmt.Sprintf("bytes %d-%d/%d", spans[0].Start, spans[0].Start+spans[0].Length-1, size)
		default:
			a.status, a.spans = 206, spans
			delete(a.fields, "Content-Type") // multipart/byteranges, checked by its parser
		}
		return a
	}
	return refuse(503)
}

func oracleFileFields(rep core.Representation, etag string, modified time.Time) map[string]string {
	mediaType := rep.MediaType
	if parts := strings.SplitN(mediaType, "/", 2); len(parts) != 2 || !oracleToken(parts[0]) || !oracleToken(parts[1]) {
		mediaType = core.MediaType(rep.Name)
	}
	fields := map[string]string{
		"Accept-Ranges": "bytes", "Cache-Control": "private, no-cache", "Content-Encoding": "", "Content-Language": "",
		"Content-Range": "", "Content-Security-Policy": "", "Content-Type": mediaType, "ETag": etag,
		"Last-Modified": oracleLastModified(modified), "Repr-Digest": "", "Vary": "",
	}
	if rep.Size < 0 {
		fields["Accept-Ranges"] = "none"
	}
	if strings.HasPrefix(strings.ToLower(mediaType), "text/") {
		charset := "utf-8"
		if oracleToken(rep.Charset) {
			charset = rep.Charset
		}
		fields["Content-Type"] += "; charset=" + charset
	}
	if oracleToken(rep.ContentEncoding) {
		fields["Content-Encoding"] = rep.ContentEncoding
	}
	if rep.Inline && (rep.InlineUnsafe || oracleInlineSafe(mediaType)) {
		fields["Content-Security-Policy"] = "sandbox; default-src 'none'"
		if regexp.MustCompile(`(?i)^(audio|video)/`).MatchString(mediaType) {
			fields["Content-Security-Policy"] = "sandbox allow-same-origin; default-src 'none'; media-src 'self'"
		}
	}
	for name, v := range map[string]string{
		"Cache-Control": rep.CacheControl, "Content-Language": rep.Language, "Repr-Digest": rep.Digest, "Vary": rep.Vary,
	} {
		if oracleValue(v) {
			fields[name] = v
		}
	}
	return fields
}

// oracleInlineSafe has the passive types: nothing in them runs in the site's name.
func oracleInlineSafe(mediaType string) bool {
	return slices.Contains(strings.Fields(`
		text/plain text/csv text/vtt application/pdf application/json
		image/apng image/avif image/bmp image/gif image/heic image/heif image/jpeg image/jxl image/png image/tiff
		image/webp image/x-icon
		audio/aac audio/flac audio/mp4 audio/mpeg audio/ogg audio/wav audio/webm
		video/3gpp video/mp4 video/mpeg video/ogg video/quicktime video/webm video/matroska
		font/otf font/ttf font/woff font/woff2`), strings.ToLower(mediaType))
}

func oracleLength(n int64) string {
	if n < 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// oracleMultipart is the length of a multipart/byteranges body whose boundary
// is 25 bytes long.
func oracleMultipart(spans []core.Span, size int64, partType string) int64 {
	boundary := strings.Repeat("b", 25)
	n := int64(len("\r\n--" + boundary + "--\r\n"))
	for i, s := range spans {
		head := fmt.Sprintf("--%s\r\nContent-Type: %s\r\nContent-Range: bytes %d-%d/%d\r\n\r\n",
			boundary, partType, s.Start, s.Start+s.Length-1, size)
		if i > 0 {
			head = "\r\n" + head
		}
		n += int64(len(head)) + s.Length
	}
	return n
}

func oracleCounts(spans []core.Span, size int64) bool {
	sent, first := int64(0), false
	for _, s := range spans {
		sent += s.Length
		first = first || s.Start == 0
	}
	return first && (sent > 2 || sent == size || len(spans) > 1)
}

func oracleValidators(rep core.Representation) (etag string, modified time.Time) {
	if tag, rest := oracleTag(rep.ETag); tag != "" && rest == "" && oracleValue(tag) {
		etag = tag
	}
	if y := rep.LastModified.UTC().Year(); !rep.LastModified.IsZero() && y >= 1 && y <= 9999 {
		modified = rep.LastModified.UTC().Truncate(time.Second)
	}
	return etag, modified
}

func oracleLastModified(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(http.TimeFormat)
}

// oracleTag cuts an entity-tag off the front of s.
func oracleTag(s string) (tag, rest string) {
	body := strings.TrimPrefix(s, "W/")
	if !strings.HasPrefix(body, `"`) {
		return "", s
	}
	inside, rest, closed := strings.Cut(body[1:], `"`)
	if !closed || strings.ContainsFunc(inside, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "", s
	}
	return s[:len(s)-len(rest)], rest
}

// oracleList reports whether a field value names the current entity-tag.
func oracleList(list, current string, weak bool) bool {
	list = strings.Trim(list, " \t")
	if list == "*" {
		return true
	}
	for {
		var tag string
		tag, list = oracleTag(strings.TrimLeft(list, ", \t"))
		if tag == "" {
			return false
		}
		isWeak := strings.HasPrefix(tag, "W/") || strings.HasPrefix(current, "W/")
		if current != "" && (weak || !isWeak) && strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(current, "W/") {
			return true
		}
		if list = strings.TrimLeft(list, " \t"); !strings.HasPrefix(list, ",") {
			return false
		}
	}
}

// oraclePreconditions walks the steps of RFC 9110 §13.2.2 and returns 412, 304
// or 200.
func oraclePreconditions(r core.Request, etag string, modified time.Time) int {
	// 1. If-Match; 2. else If-Unmodified-Since.
	if r.IfMatch != "" {
		if !oracleList(r.IfMatch, etag, false) {
			return 412
		}
	} else if t, ok := oracleDate(r.IfUnmodifiedSince, r.Now); ok && !modified.IsZero() && modified.After(t) {
		return 412
	}
	// 3. If-None-Match; 4. else If-Modified-Since.
	if r.IfNoneMatch != "" {
		if oracleList(r.IfNoneMatch, etag, true) {
			return 304
		}
	} else if t, ok := oracleDate(r.IfModifiedSince, r.Now); ok && !modified.IsZero() && !modified.After(t) {
		return 304
	}
	return 200
}

// oracleIfRange reports whether the Range stands.
func oracleIfRange(r core.Request, etag string, modified time.Time) bool {
	if r.IfRange == "" {
		return true
	}
	v := strings.Trim(r.IfRange, " \t")
	if tag, rest := oracleTag(v); tag != "" {
		return rest == "" && tag == etag && !strings.HasPrefix(tag, "W/")
	}
	t, ok := oracleDate(v, r.Now)
	return ok && !modified.IsZero() && t.Equal(modified)
}

var rangeSpec = regexp.MustCompile(`^([0-9]*)-([0-9]*)$`)

// oracleRange is 200 for a field to be ignored, 416, or 206 with the spans.
func oracleRange(field string, size int64) (int, []core.Span) {
	unit, set, ok := strings.Cut(strings.Trim(field, " \t"), "=")
	if !ok || !strings.EqualFold(unit, "bytes") || len(unit) != len("bytes") || size == 0 {
		return 200, nil
	}
	type interval struct{ first, last *big.Int }
	var asked []interval
	end := big.NewInt(size - 1)
	specs := 0
	for member := range strings.SplitSeq(set, ",") {
		member = strings.Trim(member, " \t")
		if member == "" {
			continue
		}
		specs++
		m := rangeSpec.FindStringSubmatch(member)
		if m == nil || m[1] == "" && m[2] == "" {
			return 200, nil
		}
		first, last := new(big.Int), new(big.Int).Set(end)
		switch {
		case m[1] == "": // the last n bytes
			n, _ := new(big.Int).SetString(m[2], 10)
			first.Sub(end, n)
			first.Add(first, big.NewInt(1))
			if first.Sign() < 0 {
				first.SetInt64(0)
			}
		default:
			first.SetString(m[1], 10)
			if m[2] != "" {
				last.SetString(m[2], 10)
				if first.Cmp(last) > 0 {
					return 200, nil
				}
				if last.Cmp(end) > 0 {
					last.Set(end)
				}
			}
		}
		if first.Cmp(end) <= 0 {
			asked = append(asked, interval{first, last})
		}
	}
	if specs == 0 || specs > 256 {
		return 200, nil
	}
	if len(asked) == 0 {
		return 416, nil
	}
	spans := make([]core.Span, len(asked))
	for i, a := range asked {
		spans[i] = core.Span{Start: a.first.Int64(), Length: new(big.Int).Sub(a.last, a.first).Int64() + 1}
	}
	if spans = oracleJoin(spans); len(spans) > 16 {
		return 200, nil
	}
	return 206, spans
}

// oracleJoin merges any two spans that overlap or touch until none do.
func oracleJoin(spans []core.Span) []core.Span {
	for i := 0; i < len(spans); i++ {
		for j := i + 1; j < len(spans); j++ {
			a, b := spans[i], spans[j]
			if a.Start+a.Length < b.Start || b.Start+b.Length < a.Start {
				continue
			}
			start := min(a.Start, b.Start)
			spans[i] = core.Span{Start: start, Length: max(a.Start+a.Length, b.Start+b.Length) - start}
			return oracleJoin(slices.Delete(spans, j, j+1))
		}
	}
	return spans
}

var (
	dayName   = `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)`
	longDay   = `(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)`
	month     = `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)`
	clock     = `[0-9]{2}:[0-9]{2}:([0-9]{2})`
	dateForms = regexp.MustCompile(`^(?:` +
		dayName + `, [0-9]{2} ` + month + ` [0-9]{4} ` + clock + ` GMT|` +
		longDay + `, [0-9]{2}-` + month + `-([0-9]{2}) ` + clock + ` GMT|` +
		dayName + ` ` + month + ` (?:[0-9]{2}| [0-9]) ` + clock + ` [0-9]{4})$`)
)

// oracleDate reads an HTTP-date: the grammar of RFC 9110 §5.6.7 as a regular
// expression, then net/http, then the rule of 50 years for two digits.
func oracleDate(s string, now time.Time) (time.Time, bool) {
	m := dateForms.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, false
	}
	leap := time.Duration(0)
	if m[1] == "60" || m[3] == "60" || m[4] == "60" {
		i := strings.LastIndex(s, ":60")
		s, leap = s[:i]+":59"+s[i+3:], time.Second
	}
	if m[2] == "" {
		t, err := http.ParseTime(s)
		return t.Add(leap).UTC(), err == nil
	}
	// RFC 850: spell out every century, keep the latest that is allowed.
	latest := time.Date(2069, 12, 31, 23, 59, 60, 0, time.UTC)
	if !now.IsZero() {
		latest = now.UTC().AddDate(50, 0, 0)
	}
	_, s, _ = strings.Cut(s, ", ")
	day, year, clock := s[:7], s[7:9], s[9:]
	for century := latest.Year() / 100; century > 0; century-- {
		t, err := time.Parse("02-Jan-2006 15:04:05 GMT", day+strconv.Itoa(century)+year+clock)
		if err == nil && !t.Add(leap).After(latest) {
			return t.Add(leap), true
		}
	}
	return time.Time{}, false
}

const tokenChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"

func oracleToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(tokenChars, r) })
}

var fieldValue = regexp.MustCompile(`^[!-~](?:[ \t!-~]*[!-~])?$`)

func oracleValue(s string) bool { return fieldValue.MatchString(s) }

// disposition is a parsed Content-Disposition.
type disposition struct {
	kind     string
	fallback string // filename, unquoted
	extended string // filename*, decoded; "" if there is none
}

var (
	extValue     = regexp.MustCompile("^UTF-8''((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})*)$")
	hexEscape    = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	quotedString = regexp.MustCompile(`^"((?:[ !#-\[\]-~]|\\[ -~])*)"`)
)

// parseDisposition is a strict parser of RFC 6266 §4.1: exactly one filename as
// a quoted string, then at most one filename*, nothing else.
func parseDisposition(v string) (disposition, error) {
	var d disposition
	for i := 0; i < len(v); i++ {
		if v[i] < 0x20 || v[i] > 0x7e {
			return d, fmt.Errorf("byte %#x at %d", v[i], i)
		}
	}
	kind, rest, ok := strings.Cut(v, "; filename=")
	if !ok || kind != "attachment" && kind != "inline" {
		return d, errors.New("no type and filename")
	}
	d.kind = kind
	m := quotedString.FindStringSubmatch(rest)
	if m == nil {
		return d, errors.New("filename is not a quoted string")
	}
	d.fallback, rest = m[1], rest[len(m[0]):]
	if strings.Contains(d.fallback, `\`) {
		return d, errors.New("backslash in filename: some clients keep it, some do not")
	}
	if hexEscape.MatchString(d.fallback) {
		return d, errors.New("percent-encoding in filename: some clients decode it")
	}
	if rest == "" {
		return d, nil
	}
	value, ok := strings.CutPrefix(rest, "; filename*=")
	if !ok {
		return d, fmt.Errorf("after filename comes %q", rest)
	}
	if m = extValue.FindStringSubmatch(value); m == nil {
		return d, fmt.Errorf("%q is no extended value", value)
	}
	var err error
	if d.extended, err = url.PathUnescape(m[1]); err != nil || !utf8.ValidString(d.extended) || d.extended == "" {
		return d, fmt.Errorf("%q does not decode: %v", value, err)
	}
	return d, nil
}

// checkDisposition says what is wrong with a Content-Disposition for name.
func checkDisposition(v string, inline bool, name string) error {
	d, err := parseDisposition(v)
	if err != nil {
		return err
	}
	if (d.kind == "inline") != inline {
		return fmt.Errorf("type is %q", d.kind)
	}
	clean := core.CleanName(name)
	shown := d.extended
	if shown == "" {
		shown = d.fallback
	}
	if shown != clean {
		return fmt.Errorf("client saves %q, want %q", shown, clean)
	}
	if d.fallback == "" {
		return errors.New("empty filename")
	}
	if i := strings.LastIndexByte(clean, '.'); i >= 0 && plainExtension.MatchString(clean[i:]) && !strings.HasSuffix(d.fallback, clean[i:]) {
		return fmt.Errorf("filename %q lost the extension of %q", d.fallback, clean)
	}
	return nil
}

var plainExtension = regexp.MustCompile(`^\.[A-Za-z0-9]+$`)

var bidiControls = regexp.MustCompile(`[\x{061C}\x{200E}\x{200F}\x{2028}\x{2029}\x{202A}-\x{202E}\x{2066}-\x{2069}\x{FEFF}]`)

// oracleCleanName follows the sentences of CleanName's comment one by one.
func oracleCleanName(name string) string {
	name = string([]rune(name)) // a byte that is not UTF-8 becomes U+FFFD
	name = bidiControls.ReplaceAllString(name, "")
	name = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == utf8.RuneError || unicode.Is(unicode.Cc, r) {
			return '_'
		}
		return r
	}, name)
	trim := func(s string) string {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
		return strings.TrimRightFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '.' })
	}
	if name = trim(name); len(name) > 255 {
		ext := ""
		if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= 32 {
			ext = name[i:]
		}
		stem := []rune(strings.TrimSuffix(name, ext))
		for len(string(stem))+len(ext) > 255 {
			stem = stem[:len(stem)-1]
		}
		name = trim(string(stem) + ext)
	}
	if name == "" {
		return "download"
	}
	return name
}

// oraclePath decodes a request path as net/url does, segment by segment. It
// returns the key, or the statuses that the path may be refused with.
func oraclePath(path string) (key string, refusals []int) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return "", []int{400}
	}
	segments := strings.Split(rest, "/")
	for i, s := range segments {
		decoded, err := url.PathUnescape(s)
		switch {
		case err != nil:
			refusals = append(refusals, 400)
			if strings.Contains(strings.ToLower(s), "%2f") || strings.Contains(path, `\`) {
				refusals = append(refusals, 404) // either fault may be met first
			}
		case strings.Contains(s, `\`) || strings.ContainsAny(decoded, "/\x7f") || strings.Contains(decoded, `:\`),
			strings.ContainsFunc(decoded, func(r rune) bool { return r < 0x20 }):
			refusals = append(refusals, 404)
		}
		for part := range strings.SplitSeq(decoded, `\`) {
			if part == "" || part == "." || part == ".." {
				refusals = append(refusals, 404)
			}
		}
		segments[i] = decoded
	}
	if key = strings.Join(segments, "/"); len(key) > 4096 || len(rest) > 3*4096 {
		refusals = append(refusals, 404)
	}
	return key, refusals
}
