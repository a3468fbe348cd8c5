package dirstore_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

func Example() {
	dir, err := os.MkdirTemp("", "files")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "hello.txt"), []byte("Hello, world!\n"), 0o644); err != nil {
		log.Fatal(err)
	}

	driver, err := dirstore.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	defer driver.Close()
	files := storage.New("files", driver)

	object, err := files.Open(context.Background(), "hello.txt")
	if err != nil {
		log.Fatal(err)
	}
	defer object.Close()
	span := core.Span{Start: 7, Length: 5}
	r, err := object.Section(context.Background(), span)
	if err != nil {
		log.Fatal(err)
	}
	b, err := io.ReadAll(io.LimitReader(r, span.Length))
	fmt.Printf("%s of %d bytes, %v\n", b, object.Metadata().Size, err)

	_, err = files.Stat(context.Background(), "../hello.txt")
	fmt.Println(err)
	// Output:
	// world of 14 bytes, <nil>
	// store "files": key "../hello.txt": empty or dot segment in the path: no such object
}
