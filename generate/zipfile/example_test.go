package zipfile_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

func Example() {
	memory := memstore.New()
	memory.Put("2026/a.txt", []byte("first"))
	memory.Put("2026/b.txt", []byte("second"))
	reports := storage.New("reports", memory)

	ctx := context.Background()
	members, err := zipfile.Below(ctx, reports, "2026", 1000)
	if err != nil {
		log.Fatal(err)
	}
	archive, err := zipfile.New(members, zipfile.NewSums(10_000))
	if err != nil {
		log.Fatal(err)
	}
	size := archive.Metadata().Size
	fmt.Println(archive.Len(), "members,", size, "bytes")

	download, err := archive.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer download.Close()
	r, err := download.Section(ctx, core.Span{Length: size})
	if err != nil {
		log.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		log.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), size)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range z.File {
		fmt.Println(f.Name, f.UncompressedSize64)
	}
	// Output:
	// 2 members, 237 bytes
	// a.txt 5
	// b.txt 6
}
