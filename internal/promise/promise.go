//go:build js && wasm

// Package promise waits for the promises of JavaScript. The goroutine that waits
// belongs to the request whose promise it is: workerd settles no promise of
// another.
package promise

import (
	"fmt"
	"syscall/js"
)

// Await returns what p, or a value that is none, resolves to. The error is what it
// was rejected with. While it waits the event loop runs on.
func Await(p js.Value) (js.Value, error) {
	type settled struct {
		value js.Value
		err   error
	}
	done := make(chan settled, 1)
	resolve := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- settled{value: args[0]}
		return nil
	})
	defer resolve.Release()
	reject := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- settled{err: fmt.Errorf("JavaScript: %s", js.Global().Get("String").Invoke(args[0]).String())}
		return nil
	})
	defer reject.Release()
	js.Global().Get("Promise").Call("resolve", p).Call("then", resolve, reject)
	s := <-done
	return s.value, s.err
}

// Call calls a method that returns a promise and waits for it. What the method
// throws is an error too.
func Call(object js.Value, method string, args ...any) (v js.Value, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case js.Error:
			err = fmt.Errorf("JavaScript: %s", r.Error())
		default:
			panic(r)
		}
	}()
	return Await(object.Call(method, args...))
}

// Bytes are b as a Uint8Array of its own.
func Bytes(b []byte) js.Value {
	a := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(a, b)
	return a
}
