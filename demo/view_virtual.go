package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/downlink-go/downlink/download"
)

// A text that is in no file.
func text() download.Route {
	return download.Route{
		Pattern: "/virtual/text",
		View: &download.VirtualView{Make: func(context.Context, *download.Request) (download.Virtual, error) {
			return download.Virtual{Name: "hello.txt", Content: download.String("Hello from nowhere.\n")}, nil
		}},
	}
}

// A table of unknown length that is made while it is sent.
func table() download.Route {
	rows := func(yield func([]byte) bool) {
		if !yield([]byte("n,square\n")) {
			return
		}
		for n := range 100_000 {
			if !yield(fmt.Appendf(nil, "%d,%d\n", n, n*n)) {
				return // the client went away
			}
		}
	}
	return download.Route{
		Pattern: "/virtual/table",
		View: &download.VirtualView{Make: func(context.Context, *download.Request) (download.Virtual, error) {
			return download.Virtual{Name: "squares.csv", Content: download.Chunks(rows, -1), Modified: time.Unix(0, 0)}, nil
		}},
	}
}
