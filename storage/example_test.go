package storage_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

func Example() {
	memory := memstore.New()
	memory.Put("docs/a.txt", []byte("content"))
	files := storage.New("files", memory)

	for _, key := range []string{"docs/a.txt", "docs/b.txt", "docs/../docs/a.txt"} {
		m, err := files.Stat(context.Background(), key)
		fmt.Println(key, m.Size, errors.Is(err, storage.ErrNotFound))
	}
	// Output:
	// docs/a.txt 7 false
	// docs/b.txt 0 true
	// docs/../docs/a.txt 0 true
}
