package core_test

import (
	"fmt"
	"time"

	"github.com/downlink-go/downlink/core"
)

func ExampleDecide() {
	r := core.Request{Method: "GET", Range: "bytes=0-499"}
	rep := core.Representation{
		Name:         "Übersicht.pdf",
		Size:         120_000,
		ETag:         `"6593755f-1d4c0"`,
		LastModified: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	d := core.Decide(r, rep, core.Capabilities{Deliveries: []core.Delivery{core.Stream}})
	fmt.Println(d.Status, d.Delivery, d.Spans, d.Reason)
	for _, f := range d.Fields {
		fmt.Printf("%s: %s\n", f.Name, f.Value)
	}
	// Output:
	// 206 stream [{0 500}] byte range
	// Accept-Ranges: bytes
	// Cache-Control: private, no-cache
	// Content-Disposition: attachment; filename="_bersicht.pdf"; filename*=UTF-8''%C3%9Cbersicht.pdf
	// Content-Length: 500
	// Content-Range: bytes 0-499/120000
	// Content-Type: application/pdf
	// ETag: "6593755f-1d4c0"
	// Last-Modified: Tue, 02 Jan 2024 03:04:05 GMT
	// X-Content-Type-Options: nosniff
}

func ExampleSite_Plan() {
	site, err := core.NewSite([]core.Route{
		{Pattern: "/files/{path...}", Lookup: core.Object, Source: "files"},
		{Pattern: "/d/{slug}", Lookup: core.Item},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"/files/manuals/a%20b.pdf", "/d/report", "/files/../etc/passwd"} {
		p := site.Plan(core.Request{Method: "GET", Path: path})
		if p.Lookup == core.Answered {
			fmt.Println(p.Answer.Status, p.Answer.Reason)
			continue
		}
		fmt.Printf("%v %q\n", p.Lookup, p.Key)
	}
	// Output:
	// object "manuals/a b.pdf"
	// item "report"
	// 404 empty or dot segment in the path
}

func ExampleAppendDisposition() {
	for _, name := range []string{"report.pdf", "日本.pdf", "a\r\nSet-Cookie: x", `setup.bat";x=.txt`} {
		fmt.Printf("%s\n", core.AppendDisposition(nil, false, name))
	}
	// Output:
	// attachment; filename="report.pdf"
	// attachment; filename="__.pdf"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.pdf
	// attachment; filename="a__Set-Cookie: x"
	// attachment; filename="setup.bat';x=.txt"; filename*=UTF-8''setup.bat%22%3Bx%3D.txt
}
