package main

import (
	"fmt"
	"io"
	"os"

	"github.com/downlink-go/downlink/doctor"
)

// painter prints a report for people.
type painter struct {
	io.Writer
	colour bool
}

// colours reports whether a writer is a terminal, whose user has not asked for none
// (https://no-color.org).
func colours(out io.Writer) bool { return os.Getenv("NO_COLOR") == "" && terminal(out) }

func terminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (p painter) paint(colour, text string) string {
	if !p.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

var hops = map[doctor.Hop]string{
	doctor.Storage: "Storage", doctor.App: "Downlink alone", doctor.Front: "The front server", doctor.Together: "All together",
}

func (p painter) report(r *doctor.Report) {
	for _, hop := range [...]doctor.Hop{doctor.Storage, doctor.App, doctor.Front, doctor.Together} {
		heading := hops[hop] + "\n"
		for _, x := range r.Results {
			if x.Hop != hop {
				continue
			}
			fmt.Fprint(p, heading)
			heading = ""
			p.result(x)
		}
	}
	if len(r.Faults()) == 0 {
		fmt.Fprintln(p, p.paint(green, "No fault found."))
	}
}

func (p painter) result(x doctor.Result) {
	switch x.State {
	case doctor.OK:
		fmt.Fprintf(p, "  %s %s\n", p.paint(green, "✓"), x.Text)
	case doctor.Skipped:
		fmt.Fprintf(p, "  %s %s\n", p.paint(yellow, "-"), x.Text)
	default:
		fmt.Fprintf(p, "  %s %s\n", p.paint(red, "✗"), x.Text)
		if x.Change != nil {
			fmt.Fprintf(p, "    → %s\n", x.Change)
		}
	}
}

// count is a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
