// Package storagetest is the suite that every [storage.Driver] passes.
package storagetest

import (
	"testing"
	"time"

	"github.com/downlink-go/downlink/storage"
)

// Put makes data the object at key, modified at the given time, in place of any
// object there. It does so at once: nobody sees a part of it, or a mix. It may be
// called by several goroutines.
type Put func(key string, data []byte, modified time.Time) error

// Harness makes stores of the driver under test.
type Harness struct {
	// New returns the driver over a fresh store without objects, and the way to
	// put objects there. What it opens it closes with t.Cleanup.
	New func(t *testing.T) (storage.Driver, Put)
	// Holds reports whether the product can keep an object at key. Nil says that
	// it can at every key that core.CheckKey passes.
	Holds func(key string) bool
	// OwnTime says that the product sets modification times itself.
	OwnTime bool
	// NoList says that the product cannot list: List is not called.
	NoList bool
}

// Run tests a driver, through a [storage.Store] as all callers use it.
func Run(t *testing.T, harness Harness) {
	tests := []struct {
		name string
		run  func(*testing.T, *fixture)
		list bool
		save bool
	}{
		{name: "metadata", run: testMetadata},
		{name: "another version", run: testAnotherVersion},
		{name: "sections", run: testSections},
		{name: "several sections of one object", run: testSeveralSections},
		{name: "two handles on one object", run: testTwoHandles},
		{name: "opened at a span", run: testStarts},
		{name: "empty object", run: testEmpty},
		{name: "missing", run: testMissing},
		{name: "keys", run: testKeys},
		{name: "refused keys", run: testRefusedKeys},
		{name: "cancelled", run: testCancelled},
		{name: "replaced while open", run: testReplacedWhileOpen},
		{name: "concurrent use", run: testConcurrent},
		{name: "save", run: testSave, save: true},
		{name: "save that fails", run: testSaveFails, save: true},
		{name: "save while open", run: testSaveWhileOpen, save: true},
		{name: "many saving", run: testManySaving, save: true},
		{name: "delete", run: testDelete, save: true},
		{name: "list", run: testList, list: true},
		{name: "list keys", run: testListKeys, list: true},
		{name: "list stopped", run: testListStopped, list: true},
		{name: "list cancelled", run: testListCancelled, list: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.list && harness.NoList {
				t.Skip("the product cannot list")
			}
			f := newFixture(t, harness)
			if test.save && !f.Writable() {
				t.Skip("the driver does not write")
			}
			test.run(t, f)
		})
	}
}
