package catalog

import (
	"errors"
	"fmt"
	"strings"

	"github.com/downlink-go/downlink/core"
)

// Check reports everything that is wrong with the item, joined; nil if nothing
// is. It does not ask whether the store or the file exist.
func (it *Item) Check() error {
	var faults []error
	if err := CheckSlug(it.Slug); err != nil {
		faults = append(faults, err)
	}
	if it.Store == "" {
		faults = append(faults, errors.New("store is missing: name the store that has the file"))
	}
	if fault := core.CheckKey(it.Key); fault != "" {
		faults = append(faults, fmt.Errorf("key %q: %s: a key is a relative path such as %q", it.Key, fault, "manuals/a.pdf"))
	}
	if it.MediaType != "" && !strings.Contains(it.MediaType, "/") {
		faults = append(faults, fmt.Errorf("media_type %q: write type/subtype, such as %q", it.MediaType, "application/pdf"))
	}
	if it.Category != "" && core.CheckKey(it.Category) != "" {
		faults = append(faults, fmt.Errorf("category %q: write names separated by %q, such as %q", it.Category, "/", "Manuals/Printers"))
	}
	return errors.Join(faults...)
}
