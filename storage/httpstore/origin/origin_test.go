package origin_test

import (
	"net/netip"
	"testing"

	"github.com/downlink-go/downlink/storage/httpstore/origin"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"https://files.example": "https://files.example:443", "https://FILES.example/": "https://files.example:443",
		"http://files.example": "http://files.example:80", "http://files.example:8080": "http://files.example:8080",
		"https://files.example:0443": "https://files.example:443", "http://127.0.0.1:80": "http://127.0.0.1:80",
		"http://[::1]:80": "http://[::1]:80", "https://xn--bcher-kva.example": "https://xn--bcher-kva.example:443",
		"http://localhost": "http://localhost:80",
	} {
		if got, err := origin.Parse(text); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "files.example", "//files.example", "ftp://files.example", "file:///etc/passwd", "gopher://x", "https://",
		"https://files.example/path", "https://files.example?x", "https://files.example/?", "https://files.example#x",
		"https://user@files.example", "https://user:pass@files.example", "https://files.example:0", "https://files.example:65536",
		"http://2130706433", "http://0x7f000001", "http://0x7f.1", "http://017700000001", "http://0177.0.0.1", "http://127.1",
		"http://127.0.0.01", "http://1", "http://a.1", "http://[fe80::1%25eth0]", "http://[::ffff:127.0.0.1]x", "http://[0:0:0:0:0:0:0:1]",
		"http://bücher.example", "http://a b", "http://a%00b", "http://127。0。0。1", "http://[::1", "https://files.example\r\nX: y",
	} {
		if got, err := origin.Parse(text); err == nil {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
}

func TestPublic(t *testing.T) {
	for _, a := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"} {
		if !origin.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s is not public", a)
		}
	}
	for _, a := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
		"240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::1",
		"100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0",
		"fec0::1", "ff02::1", "5f00::1", "2620:4f:8000::1",
	} {
		if origin.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s is public", a)
		}
	}
}

func TestParseNetworks(t *testing.T) {
	got, err := origin.ParseNetworks([]string{"10.0.0.0/8", "127.0.0.1", "fd00::/8", "::1"})
	if err != nil || len(got) != 4 || got[1].Bits() != 32 || got[3].Bits() != 128 {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "10.0.0.1/8", "10.0.0.0/33", "10/8", "localhost", "fe80::1%eth0"} {
		if got, err := origin.ParseNetworks([]string{text}); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}
