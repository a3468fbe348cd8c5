package admin

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// span is how many days the statistics are of, today included.
type span int

const usualSpan span = 30

var spans = []span{7, 30, 90, 365}

func readSpan(text string) span {
	n, _ := strconv.Atoi(text)
	if slices.Contains(spans, span(n)) {
		return span(n)
	}
	return usualSpan
}

// query is for the sums of these days, of one item or of all.
func (s span) query(by catalog.By, item string, now time.Time) catalog.CountQuery {
	const day = 24 * time.Hour
	q := catalog.CountQuery{By: by, From: now.UTC().Truncate(day).Add(-time.Duration(s-1) * day)}
	if item != "" {
		q.Items = []string{item}
	}
	return q
}

// statistics is what their page shows.
type statistics struct {
	Span       span
	Spans      []span
	Sum        catalog.Tally
	Charts     []chart
	Categories []share
	Items      []share
}

// share is a part of all downloads.
type share struct {
	catalog.Sum
	Name, Link string
	Width      int // of 100
}

// mostItems are listed in the statistics.
const mostItems = 50

func showStatistics(x *visit) error {
	s := readSpan(x.r.URL.Query().Get("days"))
	data := statistics{Span: s, Spans: spans}
	var err error
	if data.Sum, data.Charts, err = x.charts(s, ""); err != nil {
		return err
	}
	now := time.Now()
	categories, err := x.sums(s.query(catalog.ByCategory, "", now))
	if err != nil {
		return err
	}
	data.Categories = shares(categories)
	for i := range data.Categories {
		data.Categories[i].Name = cmp.Or(data.Categories[i].Group, "without a category")
	}
	q := s.query(catalog.ByItem, "", now)
	q.Limit = mostItems
	items, err := x.sums(q)
	if err != nil {
		return err
	}
	data.Items = shares(items)
	for i, sum := range items {
		slug, _, _ := strings.Cut(sum.Group, "/")
		data.Items[i].Name = sum.Group
		if slug != "" {
			data.Items[i].Link = itemPath(slug)
		}
	}
	return x.show("statistics", shown{Title: "Statistics", Section: "statistics", Data: data})
}

// shares sets each sum beside the largest.
func shares(sums []catalog.Sum) (all []share) {
	var most int64
	for _, s := range sums {
		most = max(most, s.Downloads)
	}
	for _, s := range sums {
		all = append(all, share{Sum: s, Width: int(100 * s.Downloads / max(most, 1))})
	}
	return all
}

// sums asks the counter, if there is one.
func (x *visit) sums(q catalog.CountQuery) ([]catalog.Sum, error) {
	if x.opts.Counter == nil {
		return nil, nil
	}
	return x.opts.Counter.Counts(x.r.Context(), q)
}

// charts are the sum and the charts of these days, of one item or of all.
func (x *visit) charts(s span, item string) (sum catalog.Tally, all []chart, err error) {
	now := time.Now()
	days, err := x.sums(s.query(catalog.ByDay, item, now))
	if err != nil {
		return sum, nil, err
	}
	hours, err := x.sums(s.query(catalog.ByHourOfDay, item, now))
	if err != nil {
		return sum, nil, err
	}
	for _, d := range days {
		sum = sum.Plus(d.Tally)
	}
	return sum, []chart{newChart("days", "Downloads a day", "Day", days, s.days(now)), newChart("hours", "Downloads by hour of the day (UTC)", "Hour", hours, hoursOfDay())}, nil
}

func (x *visit) itemCharts(slug string) (catalog.Tally, []chart, error) {
	return x.charts(usualSpan, slug)
}

// days are the groups of all these days.
func (s span) days(now time.Time) (names []string) {
	for i := int(s) - 1; i >= 0; i-- {
		names = append(names, now.UTC().AddDate(0, 0, -i).Format(time.DateOnly))
	}
	return names
}

func hoursOfDay() (names []string) {
	for hour := range int64(24) {
		names = append(names, catalog.HourName(hour))
	}
	return names
}

// exports are what the sums can be written by, by its name in URLs.
var exports = map[string]catalog.By{"day": catalog.ByDay, "hour": catalog.ByHourOfDay, "category": catalog.ByCategory, "item": catalog.ByItem}

// exported are the sums that the URL asks for, and their name.
func (x *visit) exported() (name string, sums []catalog.Sum, err error) {
	q := x.r.URL.Query()
	name = cmp.Or(q.Get("by"), "day")
	by, ok := exports[name]
	if !ok {
		return "", nil, &fault{http.StatusBadRequest, "Write by=day, hour, category or item."}
	}
	sums, err = x.sums(readSpan(q.Get("days")).query(by, q.Get("item"), time.Now()))
	return name, sums, err
}

func exportCSV(x *visit) error {
	name, sums, err := x.exported()
	if err != nil {
		return err
	}
	x.attach("statistics-by-"+name+".csv", "text/csv; charset=utf-8")
	w := csv.NewWriter(x.w)
	w.Write([]string{name, "downloads", "bots", "completed", "bytes"})
	for _, s := range sums {
		w.Write([]string{harmless(s.Group), fmt.Sprint(s.Downloads), fmt.Sprint(s.Bots), fmt.Sprint(s.Completed), fmt.Sprint(s.Bytes)})
	}
	w.Flush()
	return w.Error()
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func exportJSON(x *visit) error {
	name, sums, err := x.exported()
	if err != nil {
		return err
	}
	type row struct {
		Group string `json:"group"`
		catalog.Tally
	}
	rows := make([]row, 0, len(sums))
	for _, s := range sums {
		rows = append(rows, row{s.Group, s.Tally})
	}
	x.attach("statistics-by-"+name+".json", "application/json")
	return json.NewEncoder(x.w).Encode(map[string]any{"by": name, "rows": rows})
}

func (x *visit) attach(name, mediaType string) {
	x.w.Header().Set("Content-Type", mediaType)
	x.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}
