package core

import (
	"math"
	"time"
)

const (
	weekdays = "SunMonTueWedThuFriSat"
	months   = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

var longWeekdays = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

// unknown stands for a time that is not known, in seconds.
const unknown = math.MinInt64

// secondsOf is t in whole seconds since 1970, unknown if t is zero or cannot be
// written as an HTTP-date.
func secondsOf(t time.Time) int64 {
	const firstSecond, lastSecond = -62135596800, 253402300799 // years 1 to 9999
	s := t.Unix()
	if s <= firstSecond || s > lastSecond {
		return unknown
	}
	return s
}

// AppendHTTPDate appends t as an IMF-fixdate (RFC 9110 §5.6.7), always 29 bytes
// for the years 1 to 9999, the only ones the form can express.
func AppendHTTPDate(dst []byte, t time.Time) []byte { return appendSeconds(dst, t.Unix()) }

// appendSeconds is AppendHTTPDate for seconds since 1970. It counts days from
// 1 March of year 0, in numbers that are small and not negative: this is run for
// every file that is sent.
func appendSeconds(dst []byte, seconds int64) []byte {
	const secondsPerDay, to1970 = 24 * 60 * 60, 719468
	seconds += to1970 * secondsPerDay
	days := uint32(seconds / secondsPerDay)
	second := uint32(seconds - int64(days)*secondsPerDay)
	year, month, day := civil(days)
	wd, mo := 3*((days+3)%7), 3*(month-1) // day 0 was a Wednesday
	n := len(dst)
	dst = append(dst, "Sun, 06 Nov 1994 08:49:37 GMT"...)
	date := (*[29]byte)(dst[n:])
	copy(date[0:3], weekdays[wd:wd+3])
	date[5], date[6] = digit(day/10), digit(day)
	copy(date[8:11], months[mo:mo+3])
	date[12], date[13], date[14], date[15] = digit(year/1000), digit(year/100), digit(year/10), digit(year)
	hour, minute := second/3600, second/60%60
	date[17], date[18] = digit(hour/10), digit(hour)
	date[20], date[21] = digit(minute/10), digit(minute)
	date[23], date[24] = digit(second%60/10), digit(second%60)
	return dst
}

// writesDate reports whether text is exactly what appendSeconds makes of seconds.
func writesDate(text string, seconds int64) bool {
	var buf [29]byte
	return len(text) == len(buf) && string(appendSeconds(buf[:0], seconds)) == text
}

// civil is the date of a day counted from 1 March of year 0 in the proleptic
// Gregorian calendar. A year that begins in March has its leap day last, and its
// months are of 30.6 days (C. Neri, L. Schneider, "Euclidean affine functions and
// their application to calendar algorithms", 2022, figure 12).
func civil(days uint32) (year, month, day uint32) {
	n := 4*days + 3
	century := n / 146097
	ofCentury := n%146097 | 3
	product := 2939745 * uint64(ofCentury) // 2^32 days of 4 years
	ofYear := uint32(product) / 2939745 / 4
	n = 2141*ofYear + 197913
	year, month, day = 100*century+uint32(product>>32), n>>16, n%(1<<16)/2141+1
	if ofYear >= 306 { // January and February
		return year + 1, month - 12, day
	}
	return year, month, day
}

func digit(n uint32) byte { return byte('0' + n%10) }

// ParseHTTPDate reads the three forms of RFC 9110 §5.6.7: IMF-fixdate, RFC 850
// and asctime. now places the two-digit year of the RFC 850 form: a date more
// than 50 years ahead of it belongs to the century before; with a zero now the
// years 70 to 99 are 1970 to 1999. It reports false for anything else, also for
// a weekday name that does not exist or a day that the month does not have. As
// the RFC allows, a weekday that does not fit the date is not a fault.
func ParseHTTPDate(s string, now time.Time) (time.Time, bool) {
	p := dateParser{s: s, ok: true}
	var t time.Time
	switch {
	case len(s) == 29 && s[3] == ',':
		t = p.fixdate()
	case len(s) == 24 && s[3] == ' ':
		t = p.asctime()
	default:
		t = p.rfc850(now)
	}
	if !p.ok || p.i != len(s) {
		return time.Time{}, false
	}
	return t, true
}

// dateParser reads a date from left to right; ok turns false for good at the
// first byte that does not fit.
type dateParser struct {
	s  string
	i  int
	ok bool
}

// fixdate reads "Sun, 06 Nov 1994 08:49:37 GMT".
func (p *dateParser) fixdate() time.Time {
	p.name(weekdays)
	p.literal(", ")
	day := p.number(2)
	p.literal(" ")
	month := p.name(months) + 1
	p.literal(" ")
	year := p.number(4)
	p.literal(" ")
	h, m, s := p.clock()
	p.literal(" GMT")
	return p.date(year, month, day, h, m, s)
}

// rfc850 reads "Sunday, 06-Nov-94 08:49:37 GMT".
func (p *dateParser) rfc850(now time.Time) time.Time {
	p.longWeekday()
	p.literal(", ")
	day := p.number(2)
	p.literal("-")
	month := p.name(months) + 1
	p.literal("-")
	year := p.number(2)
	p.literal(" ")
	h, m, s := p.clock()
	p.literal(" GMT")
	if now.IsZero() {
		if year += 1900; year < 1970 {
			year += 100
		}
		return p.date(year, month, day, h, m, s)
	}
	// RFC 9110 §5.6.7: more than 50 years in the future is the past.
	now = now.UTC()
	century := now.Year() / 100 * 100
	latest := now.AddDate(50, 0, 0)
	var t time.Time
	for c := century + 100; c > century-100; c -= 100 {
		if day > daysIn(c+year, month) {
			continue // 29 February of a century that has none
		}
		if t = p.date(c+year, month, day, h, m, s); !t.After(latest) {
			return t
		}
	}
	return p.date(century-100+year, month, day, h, m, s)
}

// asctime reads "Sun Nov  6 08:49:37 1994".
func (p *dateParser) asctime() time.Time {
	p.name(weekdays)
	p.literal(" ")
	month := p.name(months) + 1
	p.literal(" ")
	var day int
	if p.i < len(p.s) && p.s[p.i] == ' ' {
		p.i++
		day = p.number(1)
	} else {
		day = p.number(2)
	}
	p.literal(" ")
	h, m, s := p.clock()
	p.literal(" ")
	return p.date(p.number(4), month, day, h, m, s)
}

func (p *dateParser) clock() (h, m, s int) {
	h = p.number(2)
	p.literal(":")
	m = p.number(2)
	p.literal(":")
	return h, m, p.number(2)
}

// date builds the time and refuses what the calendar or the clock does not
// have. Second 60 is a leap second and counts as the next one.
func (p *dateParser) date(year, month, day, h, m, s int) time.Time {
	if !p.ok || h > 23 || m > 59 || s > 60 || day < 1 || day > daysIn(year, month) {
		p.ok = false
		return time.Time{}
	}
	return time.Unix(daysTo(year, month, day)*24*60*60+int64(h*3600+m*60+s), 0).UTC()
}

// daysTo counts the days from 1970 to a date; it undoes civil. year is at least 0.
func daysTo(year, month, day int) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	year += 400 // not negative, and the calendar is the same
	ofYear := (153*(month-3)+2)/5 + day - 1
	return int64(365*year+year/4-year/100+year/400+ofYear) - 719468 - 146097
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

func (p *dateParser) literal(l string) {
	if len(p.s)-p.i < len(l) || p.s[p.i:p.i+len(l)] != l {
		p.ok = false
		return
	}
	p.i += len(l)
}

// number reads exactly n digits.
func (p *dateParser) number(n int) int {
	if len(p.s)-p.i < n {
		p.ok = false
		return 0
	}
	v := 0
	for _, c := range []byte(p.s[p.i : p.i+n]) {
		if c < '0' || c > '9' {
			p.ok = false
			return 0
		}
		v = 10*v + int(c-'0')
	}
	p.i += n
	return v
}

// name reads a three-letter name out of table and returns its index. Names are
// case-sensitive (RFC 9110 §5.6.7).
func (p *dateParser) name(table string) int {
	if len(p.s)-p.i < 3 {
		p.ok = false
		return 0
	}
	word := p.s[p.i : p.i+3]
	for j := 0; j < len(table); j += 3 {
		if table[j:j+3] == word {
			p.i += 3
			return j / 3
		}
	}
	p.ok = false
	return 0
}

func (p *dateParser) longWeekday() {
	for _, w := range longWeekdays {
		if len(p.s)-p.i >= len(w) && p.s[p.i:p.i+len(w)] == w {
			p.i += len(w)
			return
		}
	}
	p.ok = false
}
