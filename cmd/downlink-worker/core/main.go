//go:build wasip1

// Command core is core.wasm of the Cloudflare Worker: a reactor (GOOS=wasip1
// GOARCH=wasm -buildmode=c-shared) that stays in the isolate and answers
// synchronously. Frames of package wire go in by the input buffer and come out by
// the output buffer; nothing here waits, reads a clock or sees the bytes of a file.
package main

import "github.com/downlink-go/downlink/adapters/workers/wire"

// question is one of the engine's: it appends its answer to dst.
type question func(dst, frame []byte) ([]byte, error)

var (
	engine       wire.Engine
	plan, decide question = engine.Plan, engine.Decide
	agent        question = engine.Agent

	in  [wire.MaxFrame]byte
	out = make([]byte, 0, usual)
)

func main() {}

// input is where a frame of at most wire.MaxFrame bytes is written.
//
//go:wasmexport input
func input() *byte { return &in[0] }

// output is where the answer to the last call is, until the next one.
//
//go:wasmexport output
func output() *byte { return &out[:1][0] }

// configureExport sets the site from n bytes of input.
//
//go:wasmexport configure
func configureExport(n int32) int32 {
	return answer(n, func(dst, frame []byte) ([]byte, error) { return dst, engine.Configure(frame) })
}

// unlockExport sets the keys of signed links from n bytes of input.
//
//go:wasmexport unlock
func unlockExport(n int32) int32 {
	return answer(n, func(dst, frame []byte) ([]byte, error) { return dst, engine.Unlock(frame) })
}

// planExport answers the request in n bytes of input.
//
//go:wasmexport plan
func planExport(n int32) int32 { return answer(n, plan) }

// decideExport answers the request and the result in n bytes of input.
//
//go:wasmexport decide
func decideExport(n int32) int32 { return answer(n, decide) }

// agentExport says what the User-Agent in n bytes of input names.
//
//go:wasmexport agent
func agentExport(n int32) int32 { return answer(n, agent) }

// answer asks q about n bytes of input and returns how many bytes of output are its
// answer. An error and a panic come out as the negative length of what they say,
// less one.
func answer(n int32, q question) (length int32) {
	defer func() {
		if cause := recover(); cause != nil {
			length = fault("panic: " + describe(cause))
		}
	}()
	if n < 0 || int(n) > len(in) {
		return fault(wire.ErrFrame.Error())
	}
	if cap(out) > usual {
		out = make([]byte, 0, usual)
	}
	b, err := q(out[:0], in[:n])
	if err != nil {
		return fault(err.Error())
	}
	out = b
	return int32(len(b))
}

// usual is how many bytes of output are kept from one call to the next.
const usual = 16 << 10

func fault(text string) int32 {
	out = append(out[:0], text...)
	return -int32(len(out)) - 1
}

func describe(cause any) string {
	switch c := cause.(type) {
	case error:
		return c.Error()
	case string:
		return c
	}
	return "of an unusual type"
}
