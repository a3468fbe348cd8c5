package httpstore_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage/httpstore"
)

func TestParseOrigin(t *testing.T) {
	for text, want := range map[string]string{
		"https://files.example": "https://files.example:443", "https://FILES.example/": "https://files.example:443",
		"http://files.example": "http://files.example:80", "http://files.example:8080": "http://files.example:8080",
		"https://files.example:0443": "https://files.example:443", "http://127.0.0.1:80": "http://127.0.0.1:80",
		"http://[::1]:80": "http://[::1]:80", "https://xn--bcher-kva.example": "https://xn--bcher-kva.example:443",
		"http://localhost": "http://localhost:80",
	} {
		if got, err := httpstore.ParseOrigin(text); err != nil || got != want {
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
		if got, err := httpstore.ParseOrigin(text); err == nil {
			t.Errorf("%q is taken as %q", text, got)
		}
	}
}

func TestClientNeedsOrigins(t *testing.T) {
	for _, origins := range [][]string{nil, {"https://ok.example", "nonsense"}} {
		if _, err := httpstore.NewClient(httpstore.Options{Origins: origins}); err == nil {
			t.Errorf("%q is taken", origins)
		}
	}
}

func TestPublic(t *testing.T) {
	for _, a := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"} {
		if !httpstore.Public(netip.MustParseAddr(a)) {
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
		if httpstore.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s is public", a)
		}
	}
}

func TestParseNetworks(t *testing.T) {
	got, err := httpstore.ParseNetworks([]string{"10.0.0.0/8", "127.0.0.1", "fd00::/8", "::1"})
	if err != nil || len(got) != 4 || got[1].Bits() != 32 || got[3].Bits() != 128 {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "10.0.0.1/8", "10.0.0.0/33", "10/8", "localhost", "fe80::1%eth0"} {
		if got, err := httpstore.ParseNetworks([]string{text}); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}

// listen counts the connections to a loopback port and says what it is.
func listen(t *testing.T) (port string, connections *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections = new(atomic.Int32)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, connections
}

// wantRefused asks for a URL and wants no connection to come of it.
func wantRefused(t *testing.T, c *httpstore.Client, url string, connections *atomic.Int32) {
	t.Helper()
	o, err := c.Open(t.Context(), url, httpstore.Ask{First: core.Span{Length: -1}})
	if !errors.Is(err, httpstore.ErrBadGateway) || o != nil {
		t.Errorf("%s: %v, %v, want ErrBadGateway", url, o, err)
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%s: %d connections", url, n)
		connections.Store(0)
	}
}

// Whatever form an address of this machine is written in, nobody is asked: the
// origins that are allowed are compared first.
func TestNoOtherOriginIsAsked(t *testing.T) {
	port, connections := listen(t)
	c := client(t, "https://files.example")
	for _, host := range []string{
		"127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.01", "127.1", "127.0.1", "0", "0.0.0.0",
		"[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::1%25lo]", "[fe80::1%25lo]", "169.254.169.254",
		"files.example@127.0.0.1", "127.0.0.1#@files.example", "127.0.0.1?@files.example", "files.example.127.0.0.1", "LOCALHOST",
		"localhost.", "127.0.0.1.", "①②⑦.⓪.⓪.①", "files.example%00.127.0.0.1", "files.example%2f@127.0.0.1",
	} {
		wantRefused(t, c, "https://"+host+":"+port+"/a", connections)
		wantRefused(t, c, "http://"+host+":"+port+"/a", connections)
	}
	for _, url := range []string{
		"", "/a", "//127.0.0.1/a", "file:///etc/passwd", "ftp://files.example/a", "gopher://files.example/", "unix:///run/x.sock",
		"http://files.example/", "https://files.example:8443/", "https://user@files.example/", "https://files.example:443:80/", "https:files.example",
		"javascript:alert(1)", "https://[::1", "\x00",
	} {
		wantRefused(t, c, url, connections)
	}
}

// An origin on the list whose name leads to this machine is not asked either,
// unless its network was allowed.
func TestAddressesAreLookedAtWhenDialled(t *testing.T) {
	port, connections := listen(t)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		origin := "http://" + host + ":" + port
		none := func(o *httpstore.Options) { o.Networks = nil }
		wantRefused(t, client(t, origin, none), origin+"/a", connections)
		other := func(o *httpstore.Options) { o.Networks = []netip.Prefix{netip.MustParsePrefix("127.1.0.0/16")} }
		wantRefused(t, client(t, origin, other), origin+"/a", connections)
	}
	c := client(t, "http://127.0.0.1:"+port)
	_, err := c.Open(t.Context(), "http://127.0.0.1:"+port+"/a", httpstore.Ask{First: core.Span{Length: -1}})
	if connections.Load() == 0 || !errors.Is(err, httpstore.ErrBadGateway) {
		t.Errorf("an allowed address: %d connections, %v", connections.Load(), err)
	}
}

func TestTheEnvironmentHasNoSay(t *testing.T) {
	port, connections := listen(t)
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:"+port)
	t.Setenv("http_proxy", "http://127.0.0.1:"+port)
	t.Setenv("ALL_PROXY", "http://127.0.0.1:"+port)
	wantRefused(t, client(t, "http://192.0.2.1"), "http://192.0.2.1/a", connections)
}

func TestErrorsKeepSecrets(t *testing.T) {
	c := client(t, "https://files.example")
	_, err := c.Open(t.Context(), "https://me:secret1@other.example/a?token=secret2#secret3", httpstore.Ask{})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error is %v", err)
	}
}
