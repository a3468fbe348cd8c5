package memstore_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

func Example() {
	memory := memstore.New()
	memory.Put("hello.txt", []byte("Hello, world!\n"))
	memory.Put("report", []byte("a,b\n1,2\n"), memstore.Options{
		Modified:  time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		MediaType: "text/csv",
	})

	files := storage.New("virtual", memory)
	m, err := files.Stat(context.Background(), "report")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Size, m.MediaType, m.LastModified)
	err = files.List(context.Background(), "h", func(e storage.Entry) bool {
		fmt.Println(e.Key, e.Size)
		return true
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// 8 text/csv 2026-01-02 03:04:05 +0000 UTC
	// hello.txt 14
}
