//go:build wasip1 && fault

package main

import (
	"bytes"
	"os"
)

// A module built with this tag fails in each of the ways in which a module can, for
// requests whose path asks for it. The tests of the shim need it.
func init() {
	sound := plan
	plan = func(dst, frame []byte) ([]byte, error) {
		switch {
		case bytes.Contains(frame, []byte("/fault/panic")):
			panic("as the test asked")
		case bytes.Contains(frame, []byte("/fault/nil")):
			var p *[1 << 20]byte
			return append(dst, p[1<<19]), nil
		case bytes.Contains(frame, []byte("/fault/exit")):
			os.Exit(3)
		case bytes.Contains(frame, []byte("/fault/wait")):
			select {}
		case bytes.Contains(frame, []byte("/fault/stack")):
			return append(dst, deep(1)), nil
		case bytes.Contains(frame, []byte("/fault/memory")):
			var all [][]byte
			for {
				all = append(all, make([]byte, 256<<20))
			}
		}
		return sound(dst, frame)
	}
}

func deep(n byte) byte { return deep(n+1) + deep(n+2) }
