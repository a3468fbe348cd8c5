package core_test

import (
	"testing"

	"github.com/downlink-go/downlink/core"
)

// TestElsewhereIsWhatIsSaidHere: a file that another server sends carries the same
// fields as one that is streamed.
func TestElsewhereIsWhatIsSaidHere(t *testing.T) {
	for _, rep := range []core.Representation{
		{Name: "report.pdf", Size: 100},
		{Name: "日本\"; filename=x.exe\r\n.txt", Size: 100, Charset: "iso-8859-1"},
		{Name: "page.html", Size: 100, Inline: true},
		{Name: "page.html", Size: 100, Inline: true, InlineUnsafe: true},
		{Name: "pic.png", Size: 100, Inline: true, CacheControl: "public, max-age=60"},
		{Name: "a.txt", Size: 100, ContentEncoding: "gzip", Language: "de"},
		{Name: "a.txt", Size: 100, ContentEncoding: "g\nzip", Language: "d\ne", CacheControl: "x\ny", MediaType: "text"},
		{Size: -1},
	} {
		there := core.Decide(core.Request{Method: "GET"}, rep, core.Capabilities{Deliveries: []core.Delivery{core.Redirect}})
		here := core.Decide(core.Request{Method: "GET"}, rep, core.Capabilities{Deliveries: []core.Delivery{core.Stream}})
		said := map[string]string{}
		for _, f := range there.Elsewhere {
			said[f.Name] = f.Value
		}
		for _, name := range []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type"} {
			if said[name] != here.Get(name) {
				t.Errorf("%q: %s is %q there, %q here", rep.Name, name, said[name], here.Get(name))
			}
			delete(said, name)
		}
		if len(said) > 0 {
			t.Errorf("%q: and %v", rep.Name, said)
		}
		if here.Elsewhere != nil {
			t.Errorf("%q: streamed, yet %v is said elsewhere", rep.Name, here.Elsewhere)
		}
	}
}
