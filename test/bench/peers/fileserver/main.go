// Command fileserver serves a folder with http.FileServer and nothing else.
package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: fileserver ADDRESS DIR")
	}
	files := http.StripPrefix("/files/", http.FileServer(http.Dir(os.Args[2])))
	log.Fatal(http.ListenAndServe(os.Args[1], files))
}
