package zipfile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/downlink-go/downlink/storage"
)

// Below returns the objects of a store below the folder dir, "" for all of them,
// in the order of their keys, named by their paths below it. Errors:
// storage.ErrNotFound if there is none, ErrTooMany if there are more than most.
func Below(ctx context.Context, store *storage.Store, dir string, most int) ([]Member, error) {
	prefix := ""
	if dir != "" {
		prefix = dir + "/"
	}
	var members []Member
	err := store.List(ctx, prefix, func(e storage.Entry) bool {
		if rest, ok := strings.CutPrefix(e.Key, prefix); ok {
			members = append(members, Member{Name: rest, Store: store, Key: e.Key, Metadata: e.Metadata})
		}
		return len(members) <= most
	})
	switch {
	case err != nil:
		return nil, err
	case len(members) == 0:
		return nil, fmt.Errorf("store %q: nothing below %q: %w", store.Name(), dir, storage.ErrNotFound)
	case len(members) > most:
		return nil, fmt.Errorf("store %q: more than %d objects below %q: %w", store.Name(), most, dir, ErrTooMany)
	}
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.Key, b.Key) })
	return members, nil
}
