package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/front"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestExampleOfInfra holds infra/nginx/downlink.conf against what its
// configuration gives: `go test ./cmd/downlink -update` writes it anew.
func TestExampleOfInfra(t *testing.T) {
	const from, golden = "../../infra/nginx/downlink.toml", "../../infra/nginx/downlink.conf"
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(from, text)
	if err != nil {
		t.Fatal(err)
	}
	n := front.Nginx{Upstream: c.Server.Listen, ServerName: "files.example.org"}
	if n.Locations, err = locations(c); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := n.Write(&got); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s is out of date; `go test ./cmd/downlink -update` gives:\n%s", golden, got.String())
	}
}

func TestLocationsOfEachSource(t *testing.T) {
	const text = `
[stores.media]
path = "/srv/media"
base_url = "/media/"
[[views]]
pattern = "/m/{path...}"
kind = "storage"
store = "media"
[[offload]]
front = "nginx"
source = "media"
destination = "/_internal/media/"
[[offload]]
name = "slow"
front = "nginx"
source = "media"
destination = "/_internal/media/"
limit_rate = "10k"
[[offload]]
front = "nginx"
source_dir = "/srv/other"
destination = "/_internal/other/"
[[offload]]
front = "nginx"
source_url = "/media/films/"
destination = "/_internal/films/"
`
	c, err := config.Parse("downlink.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	all, err := locations(c)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range all {
		got = append(got, l.Prefix+" "+l.OwnPrefix+" "+l.Alias())
	}
	want := []string{
		"/_internal/media/ /_internal/media@own/ /srv/media/",
		"/_internal/other/ /_internal/other@own/ /srv/other/",
		"/_internal/films/ /_internal/films@own/ /srv/media/films/",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("locations:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	c.Stores[0].BaseURL = "/films/"
	if _, err := locations(c); err == nil || !strings.Contains(err.Error(), "base_url") {
		t.Errorf("a source_url that no store holds: %v", err)
	}
}
