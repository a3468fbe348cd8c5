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
	"github.com/downlink-go/downlink/core/link"
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

// answer reads n bytes of the buffer: method, path with query, Range, If-None-Match
// and size of the file, one a line. It writes status, reason and fields, one a line, and
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
	path, query, _ := strings.Cut(in[1], "?")
	d := decide(core.Request{
		Method: in[0], Path: path, Query: query, Range: in[2], IfNoneMatch: in[3], Now: time.Unix(1800000000, 0),
	}, in[4])
	out := strconv.Itoa(d.Status) + "\n" + d.Reason
	for _, f := range d.Fields {
		out += "\n" + f.Name + ": " + f.Value
	}
	return int32(copy(buffer[:], out))
}

func decide(r core.Request, size string) core.Decision {
	if site == nil {
		site = open()
	}
	p := site.Plan(r)
	if p.Lookup == core.Answered {
		return p.Answer
	}
	d := look(&p, r, size)
	p.Seal(&d)
	return d
}

func look(p *core.Plan, r core.Request, size string) core.Decision {
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return core.Refuse(404, "no such file")
	}
	modified := time.Unix(1700000000, 0)
	rep := p.Present(core.Options{}).Represent(p.Key, core.Metadata{
		Size: n, LastModified: modified, ETag: string(core.AppendFileETag(nil, modified, n)),
	})
	return core.Decide(r, rep, core.Capabilities{Deliveries: []core.Delivery{core.Stream}, MultipartRanges: true})
}

// open makes the site: files for everybody, and files by link with the key of
// the test vectors.
func open() *core.Site {
	s, err := core.NewSite([]core.Route{
		{Pattern: "/files/{path...}", Lookup: core.Object},
		{Pattern: "/d/{path...}", Lookup: core.Object, LinkRequired: true},
	})
	if err != nil {
		panic(err)
	}
	key, err := link.NewKey("2026-a", []byte("YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM="))
	if err != nil {
		panic(err)
	}
	links, err := link.NewVerifier([]link.Key{key}, link.Options{MaxLife: 7 * 24 * time.Hour})
	if err != nil {
		panic(err)
	}
	return s.WithLinks(links)
}
