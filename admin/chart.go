package admin

import (
	"math"

	"github.com/downlink-go/downlink/catalog"
)

// The size of a chart in its own units.
const (
	chartWidth  = 720
	chartHeight = 160
)

// chart is bars of downloads, and the same as rows of a table.
type chart struct {
	ID, Title, Unit string
	Rows            []catalog.Sum
	Bars            []bar
	Top             int64 // what the highest line stands for
	First, Last     string
	Total           int64
	Width, Height   int
}

// bar is one bar of a chart.
type bar struct{ X, Y, Width, Height float64 }

// newChart is the chart of all groups, in order; those without a sum are 0.
func newChart(id, title, unit string, sums []catalog.Sum, groups []string) chart {
	by := map[string]catalog.Sum{}
	for _, s := range sums {
		by[s.Group] = s
	}
	c := chart{ID: id, Title: title, Unit: unit, Width: chartWidth, Height: chartHeight, First: groups[0], Last: groups[len(groups)-1]}
	var most int64
	for _, g := range groups {
		s := by[g]
		s.Group = g
		c.Rows = append(c.Rows, s)
		c.Total += s.Downloads
		most = max(most, s.Downloads)
	}
	c.Top = roundUp(most)
	step := float64(chartWidth) / float64(len(groups))
	for i, r := range c.Rows {
		const gap = 0.2 // of a bar's place
		height := float64(chartHeight) * float64(r.Downloads) / float64(c.Top)
		c.Bars = append(c.Bars, bar{tenth(step * (float64(i) + gap/2)), tenth(chartHeight - height), tenth(step * (1 - gap)), tenth(height)})
	}
	return c
}

// roundUp is the next number of the form 1, 2 or 5 times a power of ten.
func roundUp(n int64) int64 {
	for power := int64(1); power < math.MaxInt64/10; power *= 10 {
		for _, m := range [...]int64{1, 2, 5} {
			if n <= m*power {
				return m * power
			}
		}
	}
	return n
}

func tenth(f float64) float64 { return math.Round(10*f) / 10 }
