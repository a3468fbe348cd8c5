package admin

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/downlink-go/downlink/catalog"
)

// itemForm is an item's fields as the form has them.
type itemForm struct {
	Slug, Title, Name, Category, Categories, State, Publish, Expires, Version string
	MaxDownloads, LimitRate, MediaType, Charset, Encoding, Updated            string
	Visible, Inline                                                           bool
}

// localTime is how browsers write times in forms; here all of them are UTC's.
const localTime = "2006-01-02T15:04"

func formTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(localTime)
}

func formNumber(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// formRate is a speed in KiB/s, exactly.
func formRate(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(n)/kibi, 'f', -1, 64)
}

// inLine is what a browser's field of one line has of a text, which may be any bytes.
func inLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '\r', '\n':
			return -1
		case 0:
			return utf8.RuneError
		}
		return r
	}, text)
}

func formOf(it *catalog.Item) itemForm {
	f := itemForm{
		Slug: it.Slug, Title: inLine(it.Title), Name: inLine(it.Name), Category: it.Category, Categories: strings.Join(it.Categories, "\n"), State: "published",
		Publish: formTime(it.Publish), Expires: formTime(it.Expires), Version: it.Version, MaxDownloads: formNumber(it.MaxDownloads),
		LimitRate: formRate(it.LimitRate), MediaType: it.MediaType, Charset: it.Charset, Encoding: it.Encoding,
		Updated: strconv.FormatInt(it.Updated.UnixMilli(), 10), Visible: it.Visible, Inline: it.Inline,
	}
	if it.Draft {
		f.State = "draft"
	}
	return f
}

const kibi = 1 << 10

// readForm is what a browser sent.
func readForm(v url.Values) itemForm {
	return itemForm{
		Slug: strings.TrimSpace(v.Get("slug")), Title: v.Get("title"), Name: v.Get("name"), Category: v.Get("category"), Categories: strings.ReplaceAll(v.Get("categories"), "\r\n", "\n"),
		State: v.Get("state"), Publish: v.Get("publish"), Expires: v.Get("expires"), Version: strings.TrimSpace(v.Get("version")),
		MaxDownloads: v.Get("max_downloads"), LimitRate: v.Get("limit_rate"), MediaType: strings.TrimSpace(v.Get("media_type")),
		Charset: strings.TrimSpace(v.Get("charset")), Encoding: strings.TrimSpace(v.Get("encoding")), Updated: v.Get("updated"),
		Visible: v.Get("visible") != "", Inline: v.Get("inline") != "",
	}
}

// fill writes the form into an item, and says everything that cannot be read. What is
// as it was shown stays as it is: a form shows less than an item may have, such as no
// seconds.
func (f *itemForm) fill(it *catalog.Item) error {
	shown := formOf(it)
	it.Slug, it.Version, it.Draft, it.Visible, it.Inline = f.Slug, f.Version, f.State == "draft", f.Visible, f.Inline
	it.MediaType, it.Charset, it.Encoding = f.MediaType, f.Charset, f.Encoding
	if f.Title != shown.Title {
		it.Title = strings.TrimSpace(f.Title)
	}
	if f.Name != shown.Name {
		it.Name = f.Name
	}
	f.fillCategories(it, &shown)
	return f.fillLimits(it, &shown)
}

func (f *itemForm) fillCategories(it *catalog.Item, shown *itemForm) {
	if f.Category != shown.Category {
		it.Category = cleanCategory(f.Category)
	}
	further := it.Categories
	if f.Categories != shown.Categories {
		further = nil
		for line := range strings.Lines(f.Categories) {
			further = append(further, cleanCategory(line))
		}
	}
	it.Categories = nil
	for _, c := range further {
		if c != "" && c != it.Category && !slices.Contains(it.Categories, c) {
			it.Categories = append(it.Categories, c)
		}
	}
}

func (f *itemForm) fillLimits(it *catalog.Item, shown *itemForm) error {
	var errs [4]error
	if f.Publish != shown.Publish {
		it.Publish, errs[0] = readTime("publish", f.Publish)
	}
	if f.Expires != shown.Expires {
		it.Expires, errs[1] = readTime("expires", f.Expires)
	}
	if f.MaxDownloads != shown.MaxDownloads {
		it.MaxDownloads, errs[2] = readNumber("downloads at most", f.MaxDownloads)
	}
	if f.LimitRate != shown.LimitRate {
		it.LimitRate, errs[3] = readRate("speed at most", f.LimitRate)
	}
	return errors.Join(errs[:]...)
}

// cleanCategory is a category's path without the spaces that people write around its
// slashes.
func cleanCategory(text string) string {
	var parts []string
	for part := range strings.SplitSeq(text, "/") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/")
}

func readTime(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{localTime, localTime + ":05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q: write a time such as 2026-07-01T12:00", name, text)
}

func readNumber(name, text string) (int64, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	const digits = 40 // bits, so that no product of it is too large
	n, err := strconv.ParseUint(text, 10, digits)
	if err != nil {
		return 0, fmt.Errorf("%s %q: write a whole number, or nothing for no limit", name, text)
	}
	return int64(n), nil
}

// readRate reads KiB/s as bytes per second. What is not nothing is no less than one.
func readRate(name, text string) (int64, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	const most = 1 << 40 // so that no product of it is too large
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.Trim(text, "0123456789.") != "" || rate > most {
		return 0, fmt.Errorf("%s %q: write a number such as 100 or 0.5, or nothing for no limit", name, text)
	}
	return int64(math.Ceil(rate * kibi)), nil
}
