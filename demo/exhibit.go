package demo

import (
	"embed"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

//go:embed view_*.go
var sources embed.FS

// exhibit is one kind of view on the page.
type exhibit struct {
	ID     string // of its section, and in the name of its source
	Title  string
	About  string
	Links  []example
	Source string
	Answer string // what Downlink says to the front server; "" if that is not shown
}

// example is a link to try.
type example struct {
	Path  string // percent-encoded
	Label string // "" shows the path
	Note  string // what happens
}

// SourceFile is the file that has the exhibit's source.
func (x exhibit) SourceFile() string { return "view_" + x.ID + ".go" }

// Shown is the text of a link.
func (e example) Shown() string {
	if e.Label != "" {
		return e.Label
	}
	return e.Path
}

// source is the code of an exhibit: its file without package and imports.
func source(id string) (string, error) {
	text, err := sources.ReadFile("view_" + id + ".go")
	if err != nil {
		return "", err
	}
	_, code, _ := strings.Cut(string(text), "\n)\n")
	return strings.TrimSpace(code), nil
}

// escaped is a path as URLs have it.
func escaped(path string) string { return string(core.AppendEscapedPath(nil, path)) }

// mostLife is how long a link of the demo can be good for.
const mostLife = time.Hour

// exhibits are all of them, with links that are good from now on.
func (s *Site) exhibits(now time.Time, id string) ([]exhibit, error) {
	link, err := sign(s.key, "/signed/hello.txt", now)
	if err != nil {
		return nil, err
	}
	once, err := signOnce(s.key, "/signed/arrow.png", id, now)
	if err != nil {
		return nil, err
	}
	all := []exhibit{
		{ID: "object", Title: "Items of a catalogue", About: "A download has a slug, a title and a file behind them; the name under which it is saved is the item's.", Links: []example{
			{Path: "/object/hello", Note: "saved as “A greeting – 挨拶.txt”"},
			{Path: "/object/hello/picture", Note: "another file of the same item"},
			{Path: "/object/none", Note: "no such item: 404"},
		}},
		{ID: "storage", Title: "Files of a store", About: "A store is a folder, a bucket of S3 or R2, or memory; a key can be computed for each request.", Links: []example{
			{Path: "/storage/hello.txt", Note: "the file of that key"},
			{Path: escaped("/storage/letters/日本 語.txt"), Label: "/storage/letters/日本 語.txt", Note: "any name survives"},
			{Path: "/lowercase/HELLO.TXT", Note: "looked up as hello.txt"},
		}},
		{ID: "path", Title: "Files of this machine", About: "An absolute path, confined to a root: neither .. nor a symbolic link leads out.", Links: []example{
			{Path: escaped("/path/letters/100% naïve.txt"), Label: "/path/letters/100% naïve.txt", Note: "the file at that path"},
			{Path: "/path/..%2fcatalog.db", Note: "outside: 404"},
		}},
		{ID: "http", Title: "Files of another server", About: "Fetched when they are asked for, and sent on: ranges and validators are passed, cookies and everything else are not.", Links: []example{
			{Path: "/http/arrow.png", Note: "Downlink asks the other server, and sends it on"},
			{Path: "/http/none", Note: "its 404 is a 404"},
		}},
		{ID: "virtual", Title: "Files that do not exist", About: "A string, bytes, an io.Reader or a generator; nothing is kept, and memory stays constant.", Links: []example{
			{Path: "/virtual/text", Note: "from a string, with an ETag and ranges"},
			{Path: "/virtual/table", Note: "100,000 lines, made while they are sent"},
		}},
		{ID: "own", Title: "A view of your own", About: "One function that says which file it is; it may look at everything the request says.", Links: []example{
			{Path: "/own/greeting", Note: "in Japanese for a browser that prefers it, else in English"},
		}},
		{ID: "inline", Title: "Shown in the browser", About: "Inline instead of attachment, for types that cannot run script; with nosniff and a sandbox policy.", Links: []example{
			{Path: "/inline/arrow.png", Note: "shown"},
			{Path: "/inline/page.html", Note: "HTML is saved all the same"},
		}},
		{ID: "link", Title: "Signed links", About: "Only who has a link gets the file, until it expires. The links below were made with this page.", Links: []example{
			{Path: link, Label: "a link for ten minutes", Note: "saved as “for you.txt”"},
			{Path: once, Label: "a link for one download", Note: "the second time it is refused"},
			{Path: "/signed/hello.txt", Note: "without a link: 403"},
		}},
		{ID: "allow", Title: "Who may have it", About: "Your application is asked before anything of the file is told, 304 included.", Links: []example{
			{Path: "/members/hello.txt", Note: "user “demo”, password “demo”"},
		}},
		{ID: "zip", Title: "A folder as a zip file", About: "Made while it is sent, of known length and with ranges.", Links: []example{
			{Path: "/zip/letters", Note: "the folder letters"},
		}},
		{ID: "generated", Title: "Made on request", About: "A generator makes a file for the first who asks; it is kept, bounded by size and age, and served as any other.", Links: []example{
			{Path: "/generated/you", Note: "a text on a picture, shown"},
			{Path: "/generated/Ada%20Lovelace", Label: "/generated/Ada Lovelace", Note: "another one"},
		}},
		{ID: "sendfile", Title: "From your own handler", About: "No view at all: a handler decides, and has a file sent with ranges, conditions and a safe name.", Links: []example{
			{Path: "/sendfile/report", Note: "saved as report.txt"},
		}},
		{ID: "offload", Title: "Left to the front server", About: "Downlink decides, nginx sends. Here nobody is in front, so Downlink sends the file itself; below is what it says to nginx, which sends the bytes and the rest of the fields.", Links: []example{
			{Path: "/offload/hello.txt", Note: "sent by Downlink, for want of nginx"},
		}, Answer: s.toNginx("/offload/hello.txt")},
	}
	for i := range all {
		if all[i].Source, err = source(all[i].ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}
