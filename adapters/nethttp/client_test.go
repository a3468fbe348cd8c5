package nethttp_test

import (
	"context"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/download"
)

// A front server's connection is nobody's, unless a field says whose it is. The log
// has who connected.
func TestClientOfAFrontServer(t *testing.T) {
	for _, row := range []struct{ name, field, front, said, want string }{
		{"no front server", "", "", "192.0.2.1", "127.0.0.1:"},
		{"none by its own word", "", "off", "192.0.2.1", "127.0.0.1:"},
		{"front server that is not asked", "", "nginx", "192.0.2.1", ""},
		{"front server that says", "X-Forwarded-For", "nginx", "192.0.2.1", "192.0.2.1"},
		{"front server that says nothing", "X-Forwarded-For", "nginx", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			client := "nobody was asked"
			s := newSite(t, nethttp.Options{FrontField: "X-Front", ClientField: row.field, AccessLog: true}, nil, download.Route{
				Pattern: "/who",
				View: download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
					return download.File{}, download.ErrForbidden
				}),
				Allow: func(_ context.Context, r *download.Request) error {
					client = r.Client
					return download.ErrForbidden
				},
			})
			s.do(t, "GET", "/who", "X-Front", row.front, "X-Forwarded-For", row.said)
			if got := client; row.want == "" && got != "" || !strings.HasPrefix(got, row.want) {
				t.Errorf("the client is %q, want %q", got, row.want)
			}
			if row.want == "" && !strings.Contains(s.log.String(), "remote=127.0.0.1:") {
				t.Errorf("log:\n%s", s.log.String())
			}
		})
	}
}
