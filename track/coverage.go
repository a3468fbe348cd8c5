package track

import (
	"cmp"
	"slices"

	"github.com/downlink-go/downlink/core"
)

// maxApart is how many separate parts of a file are kept account of, and maxApartInAll
// those of all files, which take 8 MiB. Download managers fetch a file in order from a
// few places; of more it is not known when it is whole.
const (
	maxApart      = 512
	maxApartInAll = 500_000
)

// coverage is the parts of a file that were sent: apart, and in order.
type coverage []core.Span

// add adds a part, unless there were more than most apart then.
func (c coverage) add(part core.Span, most int) coverage {
	if part.Length <= 0 {
		return c
	}
	end := part.Start + part.Length
	from, _ := slices.BinarySearchFunc(c, part.Start, func(s core.Span, start int64) int { return cmp.Compare(s.Start+s.Length, start) })
	to := from
	for to < len(c) && c[to].Start <= end { // those it touches
		part.Start, end = min(part.Start, c[to].Start), max(end, c[to].Start+c[to].Length)
		to++
	}
	part.Length = end - part.Start
	if to == from && len(c) >= most {
		return c
	}
	return slices.Replace(c, from, to, part)
}

// whole reports whether the parts are all of a file of that size.
func (c coverage) whole(size int64) bool {
	return size >= 0 && len(c) == 1 && c[0].Start == 0 && c[0].Length >= size
}
