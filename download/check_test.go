package download_test

import (
	"strings"
	"testing"

	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// What a front server would take for another file is refused before anything starts.
func TestUnusableRules(t *testing.T) {
	route := []download.Route{{Pattern: "/{path...}", View: &download.StorageView{Store: storage.New("files", memstore.New())}}}
	good := download.Rule{Source: "files", Destination: "/_internal/files/"}
	for word, change := range map[string]func(*download.Rule){
		"end it with a slash":   func(r *download.Rule) { r.Destination = "/_internal/files" }, // and "-secret/x" is a key
		"begin it with a slash": func(r *download.Rule) { r.Destination = "" },
		"name a place":          func(r *download.Rule) { r.Destination = "/" },
		`"ngnix"`:               func(r *download.Rule) { r.Front = "ngnix" },
		"Field":                 func(r *download.Rule) { r.Front = download.Header },
		"2 sources":             func(r *download.Rule) { r.SourceDir = "/srv/files" },
		"0 sources":             func(r *download.Rule) { r.Source = "" },
	} {
		rule := good
		change(&rule)
		if _, err := download.New(route, []download.Rule{good, rule}); err == nil || !strings.Contains(err.Error(), word) || !strings.Contains(err.Error(), "rule 2") {
			t.Errorf("%+v: got %v, want an error with %q", rule, err, word)
		}
	}
	header := download.Rule{Front: download.Header, Field: "X-Reproxy-URL", Source: "files", Destination: "http://files.internal/"}
	if _, err := download.New(route, []download.Rule{good, header}); err != nil {
		t.Error(err)
	}
}

func TestUnusableViews(t *testing.T) {
	for _, view := range []download.View{
		nil, &download.StorageView{}, &download.PathView{}, &download.ObjectView{}, &download.HTTPView{},
		&download.VirtualView{}, &download.GeneratedView{}, &download.ZipView{},
	} {
		if _, err := download.New([]download.Route{{Pattern: "/a", View: view}}, nil); err == nil || !strings.Contains(err.Error(), "pattern /a") {
			t.Errorf("%T: got %v, want an error that names the pattern", view, err)
		}
	}
}
