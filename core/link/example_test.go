package link_test

import (
	"fmt"
	"time"

	"github.com/downlink-go/downlink/core/link"
)

func Example() {
	key, err := link.NewKey("2026-07", []byte("YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM="))
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Unix(1_800_000_000, 0)
	token, err := key.Sign(link.Grant{Path: "/files/a b.pdf", Expires: now.Add(time.Hour), Name: "Report.pdf"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(link.URL("/files/a b.pdf", token))

	links, err := link.NewVerifier([]link.Key{key}, link.Options{MaxLife: 24 * time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"/files/a b.pdf", "/files/other.pdf"} {
		grant, err := links.Verify(link.Request{Method: "GET", Path: path, Query: "link=" + token, Now: now})
		if err != nil {
			fmt.Println(path, "refused:", err)
			continue
		}
		fmt.Println(path, "granted as", grant.Name)
	}
	// Output:
	// /files/a%20b.pdf?link=MWUxMDoxODAwMDAzNjAwZjEwOlJlcG9ydC5wZGZrNzoyMDI2LTA3.-EtiiM14KZKR1tiuad4j88H-WfT79AXtORvkv_ou4n8
	// /files/a b.pdf granted as Report.pdf
	// /files/other.pdf refused: the link's signature is wrong
}
