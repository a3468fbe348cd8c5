package jsonl

import (
	"fmt"
	"slices"

	"github.com/downlink-go/downlink/catalog"
)

// keys are those of an object, in the order in which Write writes them.
var keys = []string{"slug", "title", "name", "store", "key", "category", "visible", "inline", "media_type"}

// field is the part of an item that key names: *string, *bool, or nil.
func field(it *catalog.Item, key string) any {
	switch key {
	case "slug":
		return &it.Slug
	case "title":
		return &it.Title
	case "name":
		return &it.Name
	case "store":
		return &it.Store
	case "key":
		return &it.Key
	case "category":
		return &it.Category
	case "visible":
		return &it.Visible
	case "inline":
		return &it.Inline
	case "media_type":
		return &it.MediaType
	}
	return nil
}

// record is what is read of one line.
type record struct {
	item     catalog.Item
	problems []string
	unread   []string // keys whose value is of the wrong type
}

func (rec *record) fault(format string, args ...any) {
	rec.problems = append(rec.problems, fmt.Sprintf(format, args...))
}

// parse reads a line as far as it goes; stores are the names of those known.
func parse(line []byte, stores []string) *record {
	rec := &record{item: catalog.Item{Visible: true}}
	list, problem := members(line)
	if problem != "" {
		rec.problems = []string{problem}
		rec.unread = keys
		return rec
	}
	seen := map[string]bool{}
	for _, m := range list {
		if seen[m.key] {
			rec.fault("%.80q is written twice: remove one", m.key)
			continue
		}
		seen[m.key] = true
		rec.set(m)
	}
	rec.resolveStore(stores)
	rec.check()
	return rec
}

func (rec *record) set(m member) {
	switch target := field(&rec.item, m.key).(type) {
	case nil:
		rec.fault("unknown key %.80q: %s", m.key, suggest(m.key, keys))
	case *string:
		if m.value[0] != '"' {
			rec.wrongType(m, "a string in double quotes")
			return
		}
		*target = unquote(m.value)
	case *bool:
		if c := m.value[0]; c != 't' && c != 'f' {
			rec.wrongType(m, "true or false, without quotes")
			return
		}
		*target = m.value[0] == 't'
	}
}

func (rec *record) wrongType(m member, want string) {
	rec.fault("%s is %s: write %s", m.key, kind(m.value), want)
	rec.unread = append(rec.unread, m.key)
}

// resolveStore fills in the only store there is, and reports one that is not.
func (rec *record) resolveStore(stores []string) {
	name := &rec.item.Store
	if *name == "" && len(stores) == 1 {
		*name = stores[0]
	}
	switch {
	case slices.Contains(rec.unread, "store") || slices.Contains(stores, *name):
		return
	case len(stores) == 0:
		rec.fault("store %.80q: no store is configured", *name)
	case *name == "":
		rec.fault("store is missing: use %s", quotedList(stores))
	default:
		rec.fault("store %.80q is not configured: %s", *name, suggest(*name, stores))
	}
	rec.unread = append(rec.unread, "store") // one fault is enough
}

// check adds what the catalogue would refuse. What could not be read is not
// reported again as missing.
func (rec *record) check() {
	it := rec.item
	for _, key := range rec.unread {
		if text, ok := field(&it, key).(*string); ok && (key == "slug" || key == "store" || key == "key") {
			*text = "x"
		}
	}
	if all, ok := it.Check().(interface{ Unwrap() []error }); ok {
		for _, err := range all.Unwrap() {
			rec.fault("%v", err)
		}
	}
}
