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

// TestExamplesOfInfra holds the configurations in infra against what theirs for
// Downlink give: `go test ./cmd/downlink -update` writes them anew.
func TestExamplesOfInfra(t *testing.T) {
	for _, x := range []struct {
		server, file, name string
	}{
		{"nginx", "downlink.conf", "files.example.org"},
		{"apache", "downlink.conf", "files.example.org"},
		{"lighttpd", "downlink.conf", "files.example.org"},
		{"caddy", "downlink.caddy", "files.example.org"},
	} {
		t.Run(x.server, func(t *testing.T) {
			from, golden := "../../infra/"+x.server+"/downlink.toml", "../../infra/"+x.server+"/"+x.file
			got := frontOf(t, x.server, from, x.name)
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is out of date; `go test ./cmd/downlink -update` gives:\n%s", golden, got)
			}
		})
	}
}

// frontOf is what `downlink front` prints for a configuration in infra, whose
// directories need not be there.
func frontOf(t *testing.T, server, file, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(file, text)
	if err != nil {
		t.Fatal(err)
	}
	all, err := locations(c, server)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	switch up := c.Server.Listen; server {
	case "nginx":
		err = front.Nginx{Upstream: up, ServerName: name, AccessLog: "/var/log/nginx/access.log", Locations: all}.Write(&got)
	case "apache":
		err = front.Apache{Upstream: up, ServerName: name, Locations: all}.Write(&got)
	case "lighttpd":
		err = front.Lighttpd{Upstream: up, ServerName: name, Locations: all}.Write(&got)
	case "caddy":
		err = front.Caddy{Upstream: up, Site: name, Locations: all}.Write(&got)
	}
	if err != nil {
		t.Fatal(err)
	}
	return got.Bytes()
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
	all, err := locations(c, "nginx")
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
	if _, err := locations(c, "nginx"); err == nil || !strings.Contains(err.Error(), "base_url") {
		t.Errorf("a source_url that no store holds: %v", err)
	}
}
