//go:build wasip1

// Command wasm is the thinnest reactor over core: it proves that both pure
// questions run inside a Wasm module without any I/O, and shows what that module
// weighs. Text goes in and out through one buffer in linear memory.
package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

var (
	buffer [16 << 10]byte
	site   *core.Site
)

func main() {}

// address is where the buffer begins in linear memory.
//
//go:wasmexport address
func address() *byte { return &buffer[0] }

// answer reads n bytes of the buffer: method, path, Range, If-None-Match and size
// of the file, one a line. It writes status, reason and fields, one a line, and
// returns their length.
//
//go:wasmexport answer
func answer(n int32) int32 {
	if n < 0 || int(n) > len(buffer) {
		return 0
	}
	in := strings.Split(string(buffer[:n]), "\n")
	if len(in) != 5 {
		return 0
	}
	d := decide(core.Request{Method: in[0], Path: in[1], Range: in[2], IfNoneMatch: in[3]}, in[4])
	out := strconv.Itoa(d.Status) + "\n" + d.Reason
	for _, f := range d.Fields {
		out += "\n" + f.Name + ": " + f.Value
	}
	return int32(copy(buffer[:], out))
}

func decide(r core.Request, size string) core.Decision {
	if site == nil {
		site, _ = core.NewSite([]core.Route{{Pattern: "/files/{path...}", Lookup: core.Object}})
	}
	p := site.Plan(r)
	if p.Lookup == core.Answered {
		return p.Answer
	}
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return core.Refuse(404, "no such file")
	}
	modified := time.Unix(1700000000, 0)
	rep := core.Options{}.Represent(p.Key, core.Metadata{
		Size: n, LastModified: modified, ETag: string(core.AppendFileETag(nil, modified, n)),
	})
	return core.Decide(r, rep, core.Capabilities{Deliveries: []core.Delivery{core.Stream}, MultipartRanges: true})
}
