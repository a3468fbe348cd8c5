package origin_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/storage/httpstore/origin"
)

// FuzzParse: what is taken is one spelling only, and every reader of URLs sees the
// same host in it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"https://files.example", "http://127.0.0.1:8080", "http://[::1]", "http://0x7f.1", "http://2130706433", "https://a@b", "http://a:80:80",
		"http://[fe80::1%25eth0]", "HTTP://A.", "https://files.example\\@evil", "http://①.example", "http://a%2eb", "http:///a", "http://a?b", "http://1.2.3.4.",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := origin.Parse(text)
		if err != nil {
			return
		}
		if again, err := origin.Parse(got); err != nil || again != got {
			t.Errorf("%q is %q, which is %q, %v", text, got, again, err)
		}
		u, err := url.Parse(got)
		if err != nil || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Port() == "" || strings.ToLower(got) != got {
			t.Fatalf("%q is %q: %v, %v", text, got, u, err)
		}
		host := u.Hostname()
		if a, err := netip.ParseAddr(host); err == nil {
			if a.String() != host || a.Zone() != "" {
				t.Errorf("%q has the address %q, usually written %v", text, host, a)
			}
			return
		}
		last := host[strings.LastIndexByte(strings.TrimSuffix(host, "."), '.')+1:]
		if last == "" || strings.ContainsAny(last[:1], "0123456789") || strings.ContainsAny(host, "%\\@/?#[]: ") {
			t.Errorf("%q has the host %q", text, host)
		}
	})
}
