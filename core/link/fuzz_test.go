package link_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core/link"
)

// FuzzSign: what can be signed is granted exactly, to exactly that path; a change
// of any field changes the token.
func FuzzSign(f *testing.F) {
	f.Add("/files/a.pdf", "", int64(3600), int64(-60), byte(0), byte(1), "Name.pdf", "application/pdf", "192.0.2.0/24", "Ann", "id", int64(3))
	f.Add("", "/files/", int64(1), int64(0), byte(1), byte(2), "f1:x", "", "2001:db8::/32", "k1:k", "", int64(0))
	f.Add("/p5:/evil", "", int64(1), int64(0), byte(0), byte(0), "1:", "", "", "e10:1800003600", "", int64(0))
	f.Fuzz(func(t *testing.T, path, prefix string, expires, notBefore int64, method, disposition byte, name, mediaType, network, subject, id string, uses int64) {
		k := mustKey(t, "k", secretA)
		v := mustVerifier(t, link.Options{}, k)
		g := link.Grant{Path: path, Prefix: prefix, Expires: now.Add(time.Duration(expires%3600) * time.Second), Method: link.Method(method), Disposition: link.Disposition(disposition),
			Name: name, MediaType: mediaType, Network: network, Subject: subject, ID: id, Uses: uses}
		if notBefore != 0 {
			g.NotBefore = now.Add(time.Duration(notBefore%3600) * time.Second)
		}
		token, err := k.Sign(g)
		if err != nil {
			return
		}
		r := link.Request{Method: "HEAD", Path: path, Query: "link=" + token, Now: now, Client: "192.0.2.1"}
		if prefix != "" {
			r.Path = prefix + "x"
		}
		got, err := v.Verify(r)
		if err != nil && got == nil {
			t.Fatalf("%+v: %v", g, err)
		}
		g.Key = "k"
		if *got != g {
			t.Fatalf("got %+v\nwant %+v", *got, g)
		}
		r.Path += "y"
		if _, err := v.Verify(r); prefix == "" && err != link.ErrSignature {
			t.Fatalf("another path: %v", err)
		}
		for _, change := range []func(g *link.Grant){
			func(g *link.Grant) { g.Expires = g.Expires.Add(time.Second) },
			func(g *link.Grant) { g.Name, g.Subject = g.Name+g.Subject, "" },
			func(g *link.Grant) { g.Name, g.Subject = g.Subject, g.Name },
			func(g *link.Grant) { g.Path, g.Prefix = g.Prefix, g.Path },
			func(g *link.Grant) { g.ID, g.Name = g.Name, g.ID },
			func(g *link.Grant) { g.Uses++ },
			func(g *link.Grant) { g.Path += "x" },
		} {
			other := g
			change(&other)
			if again, err := k.Sign(other); err == nil && (again == token) != (other == g) {
				t.Fatalf("%+v and %+v have the tokens %s and %s", g, other, token, again)
			}
		}
	})
}

// FuzzVerify: no text but a token that was signed is accepted.
func FuzzVerify(f *testing.F) {
	k := mustKey(f, "k", secretA)
	v := mustVerifier(f, link.Options{}, k)
	good := mustSign(f, k, hour("/a"))
	grant, mac, _ := strings.Cut(good, ".")
	for _, s := range []string{"link=" + good, "link=" + grant, "link=" + mac, "link=" + good + "=", "a=b&link=" + good + "&c", "link=&link=" + good, "&link&", "link=" + grant + "." + mac[:40] + "AAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		got, err := v.Verify(get("/a", query))
		accepted := 0
		for p := range strings.SplitSeq(query, "&") {
			if strings.HasPrefix(p, "link=") {
				accepted++
				if p != "link="+good {
					accepted = 9
				}
			}
		}
		if (err == nil) != (accepted == 1) {
			t.Fatalf("%q: %+v, %v", query, got, err)
		}
	})
}

// FuzzDecode: what can be decoded is written as Sign writes it.
func FuzzDecode(f *testing.F) {
	k := mustKey(f, "k", secretA)
	f.Add(mustSign(f, k, full()))
	f.Add(mustSign(f, k, link.Grant{Prefix: "/a/", Expires: now}))
	f.Add("MWUxMDoxODAwMDAzNjAwazE6aw.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, token string) {
		g, err := link.Decode(token)
		if err != nil {
			return
		}
		if g.Prefix == "" {
			g.Path = "/"
		}
		again, err := mustKey(t, g.Key, secretA).Sign(g)
		got, _, _ := strings.Cut(again, ".")
		want, _, _ := strings.Cut(token, ".")
		if err != nil || got != want {
			t.Fatalf("%q is read as %+v, which is written as %q, %v", want, g, got, err)
		}
	})
}

// FuzzNetwork compares with package net/netip.
func FuzzNetwork(f *testing.F) {
	for _, s := range []string{"192.0.2.0/24", "0.0.0.0/0", "192.0.2.7/32", "192.0.2.7/33", "192.0.2.7/024", "::/0", "2001:db8::/32", "2001:DB8::1/128", "::ffff:192.0.2.0/120", "1:2:3:4:5:6:7:8/128", "1:2:3:4:5:6:7::/112", "::1.2.3.4/128", "1::2::3/64", "fe80::1%eth0/64", "/", "1/8", "1.2.3/24", ":1::/64", "1:/16", "01.2.3.4/32"} {
		for _, c := range []string{"192.0.2.7:80", "192.0.2.7", "[2001:db8::7]:443", "2001:db8::7", "::ffff:192.0.2.7", "fe80::1%eth0", "", "@", "[::1]", "1.2.3.4.5", "1:2", "::", "1:2:3:4:5:6:7::8"} {
			f.Add(s, c)
		}
	}
	k := mustKey(f, "k", secretA)
	v := mustVerifier(f, link.Options{}, k)
	f.Fuzz(func(t *testing.T, network, client string) {
		want, err := netip.ParsePrefix(network)
		valid := err == nil && want == want.Masked() && len(network) <= 43
		g := hour("/a")
		g.Network = network
		token, err := k.Sign(g)
		if network == "" {
			return
		}
		if (err == nil) != valid {
			t.Fatalf("network %q: %v, netip says %v", network, err, valid)
		}
		if err != nil {
			return
		}
		r := get("/a", "link="+token)
		r.Client = client
		_, err = v.Verify(r)
		if got := err == nil; got != inside(want, client) {
			t.Fatalf("client %q in %q: %v, netip says %v", client, network, got, !got)
		}
	})
}

// inside is contains by package net/netip.
func inside(network netip.Prefix, client string) bool {
	host := client
	if port, err := netip.ParseAddrPort(client); err == nil {
		host = port.Addr().String()
	} else if rest, ok := strings.CutPrefix(client, "["); ok {
		host, _, _ = strings.Cut(rest, "]")
	} else if strings.Count(client, ":") == 1 {
		host, _, _ = strings.Cut(client, ":")
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	a = a.WithZone("")
	if network.Addr().Is4() || network.Addr().Is4In6() {
		if a = a.Unmap(); network.Addr().Is4In6() && a.Is4() {
			a = netip.AddrFrom16(a.As16())
		}
	} else if a.Is4() {
		a = netip.AddrFrom16(a.As16())
	}
	return containsAddr(network, a)
}

// containsAddr compares the bits: netip's Contains tells IPv4 from mapped IPv4.
func containsAddr(network netip.Prefix, a netip.Addr) bool {
	if network.Addr().Is4() != a.Is4() {
		return false
	}
	p, err := a.Prefix(network.Bits())
	return err == nil && p.Masked().Addr() == network.Addr()
}
