package lambda

import (
	"testing"

	"github.com/downlink-go/downlink/test/conformance"
)

// Invoker gives a function an event and returns its answer: a server.Function, or a
// Runtime.
type Invoker interface {
	Invoke(t testing.TB, event []byte) []byte
}

// Target is a function behind a service.
type Target struct {
	Service
	Function Invoker
}

var _ conformance.Target = Target{}

// Name is the service's.
func (g Target) Name() string { return g.Service.Name }

// Can reports false for "wire": what exists as bytes on a connection only is the
// service's to refuse, and no event is made of it.
func (g Target) Can(ability string) bool { return ability != "wire" }

// Do plays a request.
func (g Target) Do(t testing.TB, r conformance.Request) conformance.Response {
	t.Helper()
	return g.Response(t, r.Method, g.Function.Invoke(t, g.Event(t, r)))
}
