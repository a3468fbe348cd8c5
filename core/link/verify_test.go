package link_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core/link"
)

// full has every field that goes with a path.
func full() link.Grant {
	return link.Grant{
		Path: "/files/a b%2F+é\xff.pdf", Expires: now.Add(time.Hour), NotBefore: now.Add(-time.Hour), Method: link.Read,
		Disposition: link.Inline, Name: `Q3 "report"; é/日本.pdf`, MediaType: "application/pdf", Network: "192.0.2.0/24",
		Subject: "Ann <ann@example.org>", ID: "x-1", Uses: 3,
	}
}

func TestLinksAreAccepted(t *testing.T) {
	a, b := mustKey(t, "2026-a", secretA), mustKey(t, "2026-b", secretB)
	v := mustVerifier(t, link.Options{RevokedIDs: []string{"other"}, RevokedSubjects: []string{"other"}}, a, b)
	longest := link.Grant{Path: "/" + strings.Repeat("x", 900), Expires: now.Add(time.Hour), Name: strings.Repeat("n", 255),
		Subject: strings.Repeat("s", 128), ID: strings.Repeat("i", 64), Uses: 1_000_000, Network: "2001:db8:1111:2222:3333:4444:5555:6666/128", MediaType: "a/" + strings.Repeat("b", 98)}
	longestRequest := get(longest.Path, "")
	longestRequest.Client = "[2001:db8:1111:2222:3333:4444:5555:6666]:80"
	head := hour("/a")
	head.Method = link.Head
	headRequest := get("/a", "")
	headRequest.Method = "HEAD"
	byHead := headRequest
	for _, row := range []struct {
		name string
		g    link.Grant
		r    link.Request
	}{
		{"path", hour("/files/a.pdf"), get("/files/a.pdf", "")},
		{"path, asked by HEAD", hour("/a"), byHead},
		{"HEAD only", head, headRequest},
		{"every field", full(), get(full().Path, "")},
		{"prefix", link.Grant{Prefix: "/files/2026/", Expires: now.Add(time.Hour)}, get("/files/2026/a/b.pdf", "")},
		{"prefix of the whole site", link.Grant{Prefix: "/", Expires: now.Add(time.Hour)}, get("/x", "")},
		{"longest values", longest, longestRequest},
	} {
		for _, k := range []link.Key{a, b} {
			t.Run(row.name+" by "+k.ID(), func(t *testing.T) {
				token := mustSign(t, k, row.g)
				for _, query := range []string{"link=" + token, "utm=x&link=" + token, "link=" + token + "&link2=x&Link=y&link[]=z&l%69nk=z", "&&link=" + token + "&"} {
					r := row.r
					r.Query = query
					got, err := v.Verify(r)
					if err != nil {
						t.Fatal(err)
					}
					want := row.g
					want.Key = k.ID()
					if *got != want {
						t.Errorf("got %+v\nwant %+v", *got, want)
					}
				}
				if u := link.URL(row.g.Path, token); len(u) > 1900 {
					t.Errorf("the URL is %d bytes", len(u))
				}
			})
		}
	}
}

// A link that is not exactly what was signed is refused, and says nothing but
// why.
func TestLinksAreRefused(t *testing.T) {
	k, other := mustKey(t, "k", secretA), mustKey(t, "k", secretB)
	v := mustVerifier(t, link.Options{RevokedIDs: []string{"gone"}, RevokedSubjects: []string{"Eve"}}, k)
	good := mustSign(t, k, hour("/files/a.pdf"))
	grant, mac, _ := strings.Cut(good, ".")
	prefix := mustSign(t, k, link.Grant{Prefix: "/files/a/", Expires: now.Add(time.Hour)})
	signed := func(change func(g *link.Grant)) string {
		g := hour("/files/a.pdf")
		change(&g)
		return "link=" + mustSign(t, k, g)
	}
	raw := func(text string) string {
		return "link=" + base64.RawURLEncoding.EncodeToString([]byte(text)) + "." + mac
	}
	for _, row := range []struct {
		name, path, query string
		want              error
	}{
		{"no query", "/files/a.pdf", "", link.ErrMissing},
		{"another name", "/files/a.pdf", "Link=" + good, link.ErrMissing},
		{"encoded name", "/files/a.pdf", "l%69nk=" + good, link.ErrMissing},
		{"array", "/files/a.pdf", "link[]=" + good, link.ErrMissing},
		{"after a semicolon", "/files/a.pdf", "a=b;link=" + good, link.ErrMissing},
		{"name alone", "/files/a.pdf", "link", link.ErrMissing},
		{"twice the same", "/files/a.pdf", "link=" + good + "&link=" + good, link.ErrTwice},
		{"second empty", "/files/a.pdf", "link=" + good + "&link=", link.ErrTwice},
		{"first wrong", "/files/a.pdf", "link=x&link=" + good, link.ErrTwice},
		{"empty", "/files/a.pdf", "link=", link.ErrMalformed},
		{"a dot", "/files/a.pdf", "link=.", link.ErrMalformed},
		{"no signature", "/files/a.pdf", "link=" + grant, link.ErrMalformed},
		{"empty signature", "/files/a.pdf", "link=" + grant + ".", link.ErrMalformed},
		{"cut signature", "/files/a.pdf", "link=" + grant + "." + mac[:42], link.ErrMalformed},
		{"half a signature", "/files/a.pdf", "link=" + grant + "." + mac[:22], link.ErrMalformed},
		{"longer signature", "/files/a.pdf", "link=" + good + "AAAA", link.ErrMalformed},
		{"another part", "/files/a.pdf", "link=" + good + ".", link.ErrMalformed},
		{"padding", "/files/a.pdf", "link=" + good + "=", link.ErrMalformed},
		{"encoded dot", "/files/a.pdf", "link=" + grant + "%2E" + mac, link.ErrMalformed},
		{"line break", "/files/a.pdf", "link=" + grant + "\n." + mac, link.ErrMalformed},
		{"line break in the signature", "/files/a.pdf", "link=" + grant + "." + mac[:10] + "\r\n" + mac[10:], link.ErrMalformed},
		{"space", "/files/a.pdf", "link=" + good + " ", link.ErrMalformed},
		{"plus", "/files/a.pdf", "link=+" + good, link.ErrMalformed},
		{"too long", "/files/a.pdf", "link=" + strings.Repeat("A", 1<<20) + "." + mac, link.ErrMalformed},
		{"other version", "/files/a.pdf", raw("2e10:1800003600k1:k"), link.ErrMalformed},
		{"no version", "/files/a.pdf", raw("e10:1800003600k1:k"), link.ErrMalformed},
		{"nothing", "/files/a.pdf", raw("1"), link.ErrMalformed},
		{"no expiry", "/files/a.pdf", raw("1k1:k"), link.ErrMalformed},
		{"no key", "/files/a.pdf", raw("1e10:1800003600"), link.ErrMalformed},
		{"field twice", "/files/a.pdf", raw("1e10:1800003600e10:1800003600k1:k"), link.ErrMalformed},
		{"other order", "/files/a.pdf", raw("1k1:ke10:1800003600"), link.ErrMalformed},
		{"unknown field", "/files/a.pdf", raw("1e10:1800003600k1:kz1:x"), link.ErrMalformed},
		{"path as a field", "/files/a.pdf", raw("1e10:1800003600k1:kp12:/files/a.pdf"), link.ErrMalformed},
		{"empty field", "/files/a.pdf", raw("1e10:1800003600f0:k1:k"), link.ErrMalformed},
		{"length with a zero before", "/files/a.pdf", raw("1e10:1800003600k01:k"), link.ErrMalformed},
		{"length with a sign", "/files/a.pdf", raw("1e10:1800003600k+1:k"), link.ErrMalformed},
		{"length beyond the end", "/files/a.pdf", raw("1e10:1800003600k2:k"), link.ErrMalformed},
		{"length of 20 digits", "/files/a.pdf", raw("1e18446744073709551626:1800003600k1:k"), link.ErrMalformed},
		{"expiry with a zero before", "/files/a.pdf", raw("1e11:01800003600k1:k"), link.ErrMalformed},
		{"expiry with a sign", "/files/a.pdf", raw("1e11:+1800003600k1:k"), link.ErrMalformed},
		{"expiry with a fraction", "/files/a.pdf", raw("1e12:1800003600.0k1:k"), link.ErrMalformed},
		{"expiry that wraps", "/files/a.pdf", raw("1e20:18446744073709551616k1:k"), link.ErrMalformed},
		{"expiry beyond 9999", "/files/a.pdf", raw("1e12:253402300800k1:k"), link.ErrMalformed},
		{"expiry zero", "/files/a.pdf", raw("1e1:0k1:k"), link.ErrMalformed},
		{"default method written", "/files/a.pdf", raw("1e10:1800003600k1:km3:GET"), link.ErrMalformed},
		{"unknown disposition", "/files/a.pdf", raw("1d6:Inlinee10:1800003600k1:k"), link.ErrMalformed},
		{"uses zero", "/files/a.pdf", raw("1e10:1800003600i1:ik1:ku1:0"), link.ErrMalformed},
		{"uses without id", "/files/a.pdf", raw("1e10:1800003600k1:ku1:1"), link.ErrMalformed},
		{"network with bits beyond", "/files/a.pdf", raw("1e10:1800003600k1:kr12:192.0.2.1/24"), link.ErrMalformed},
		{"prefix without slash", "/files/a.pdf", raw("1e10:1800003600k1:kt6:/files"), link.ErrMalformed},
		{"control character in the name", "/files/a.pdf", raw("1e10:1800003600f2:a\nk1:k"), link.ErrMalformed},
		{"not valid before it expires", "/files/a.pdf", raw("1e10:1800003600k1:kn10:1800003600"), link.ErrMalformed},
		{"rest", "/files/a.pdf", raw("1e10:1800003600k1:kx"), link.ErrMalformed},
		{"unknown key", "/files/a.pdf", raw("1e10:1800003600k1:x"), link.ErrKey},
		{"key in other case", "/files/a.pdf", raw("1e10:1800003600k1:K"), link.ErrKey},
		{"another secret", "/files/a.pdf", "link=" + mustSign(t, other, hour("/files/a.pdf")), link.ErrSignature},
		{"another expiry", "/files/a.pdf", raw("1e10:1800003601k1:k"), link.ErrSignature},
		{"name added", "/files/a.pdf", raw("1e10:1800003600f1:xk1:k"), link.ErrSignature},
		{"another path", "/files/b.pdf", "link=" + good, link.ErrSignature},
		{"path and more", "/files/a.pdf/", "link=" + good, link.ErrSignature},
		{"path in other case", "/files/A.pdf", "link=" + good, link.ErrSignature},
		{"no path", "", "link=" + good, link.ErrSignature},
		{"prefix itself", "/files/a/", "link=" + prefix, link.ErrPath},
		{"prefix without its slash", "/files/a", "link=" + prefix, link.ErrPath},
		{"sibling of the prefix", "/files/ab/c", "link=" + prefix, link.ErrPath},
		{"prefix further in", "/x/files/a/b", "link=" + prefix, link.ErrPath},
		{"expired", "/files/a.pdf", signed(func(g *link.Grant) { g.Expires = now }), link.ErrExpired},
		{"not yet", "/files/a.pdf", signed(func(g *link.Grant) { g.NotBefore = now.Add(time.Second) }), link.ErrNotYet},
		{"lives too long", "/files/a.pdf", signed(func(g *link.Grant) { g.Expires = now.Add(7*24*time.Hour + time.Second) }), link.ErrLife},
		{"other network", "/files/a.pdf", signed(func(g *link.Grant) { g.Network = "198.51.100.0/24" }), link.ErrNetwork},
		{"revoked id", "/files/a.pdf", signed(func(g *link.Grant) { g.ID = "gone" }), link.ErrRevoked},
		{"revoked subject", "/files/a.pdf", signed(func(g *link.Grant) { g.Subject = "Eve" }), link.ErrRevoked},
		{"for HEAD", "/files/a.pdf", signed(func(g *link.Grant) { g.Method = link.Head }), link.ErrMethod},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := v.Verify(get(row.path, row.query))
			if !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
		})
	}
	r := get("/files/a.pdf", "link="+good)
	r.Method = "POST"
	if _, err := v.Verify(r); err != link.ErrMethod {
		t.Errorf("POST: got %v, want %v", err, link.ErrMethod)
	}
	r = get("/files/a.pdf", "link="+good)
	r.Now = time.Time{}
	if _, err := v.Verify(r); err != link.ErrClock {
		t.Errorf("without a time: got %v, want %v", err, link.ErrClock)
	}
}

// Every bit of a token counts, the last ones of its two parts too.
func TestEveryBitCounts(t *testing.T) {
	k := mustKey(t, "k", secretA)
	v := mustVerifier(t, link.Options{}, k)
	token := mustSign(t, k, full())
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/%"
	for i := range token {
		for _, c := range alphabet {
			changed := token[:i] + string(c) + token[i+1:]
			if _, err := v.Verify(get(full().Path, "link="+changed)); (err == nil) != (changed == token) {
				t.Fatalf("%q at %d: %v", c, i, err)
			}
		}
	}
}

func TestClock(t *testing.T) {
	k := mustKey(t, "k", secretA)
	for _, leeway := range []time.Duration{0, time.Second, 60 * time.Second} {
		v := mustVerifier(t, link.Options{MaxLife: time.Hour, Leeway: leeway}, k)
		end, begin := now.Add(time.Hour), now.Add(30*time.Minute)
		token := mustSign(t, k, link.Grant{Path: "/a", Expires: end, NotBefore: begin})
		plain := mustSign(t, k, link.Grant{Path: "/a", Expires: end})
		for _, row := range []struct {
			name  string
			token string
			at    time.Time
			want  error
		}{
			{"1 s before the end", token, end.Add(leeway - time.Second), nil},
			{"a moment before the end", token, end.Add(leeway - 1), nil},
			{"at the end", token, end.Add(leeway), link.ErrExpired},
			{"1 s after the end", token, end.Add(leeway + time.Second), link.ErrExpired},
			{"5 min after the end", token, end.Add(5 * time.Minute), link.ErrExpired},
			{"1 s before it begins", token, begin.Add(-leeway - time.Second), link.ErrNotYet},
			{"when it begins", token, begin.Add(-leeway), nil},
			{"5 min before it begins", token, begin.Add(-5 * time.Minute), link.ErrNotYet},
			{"with its longest life", plain, end.Add(-time.Hour - leeway), nil},
			{"with 1 s more", plain, end.Add(-time.Hour - leeway - time.Second), link.ErrLife},
			{"before 1970", plain, time.Unix(-1<<62, 0), link.ErrLife},
			{"in the year 300 billion", plain, time.Unix(1<<62, 0), link.ErrExpired},
		} {
			t.Run(fmt.Sprint(row.name, " leeway ", leeway), func(t *testing.T) {
				r := get("/a", "link="+row.token)
				r.Now = row.at
				if _, err := v.Verify(r); err != row.want {
					t.Errorf("got %v, want %v", err, row.want)
				}
			})
		}
	}
}

// Two keys live side by side; the old one's links end with it.
func TestRotation(t *testing.T) {
	old, young := mustKey(t, "old", secretA), mustKey(t, "new", secretB)
	before, after := mustSign(t, old, hour("/a")), mustSign(t, young, hour("/a"))
	for _, row := range []struct {
		name       string
		v          *link.Verifier
		wantBefore error
		wantAfter  error
	}{
		{"old key", mustVerifier(t, link.Options{}, old), nil, link.ErrKey},
		{"both", mustVerifier(t, link.Options{}, young, old), nil, nil},
		{"new key", mustVerifier(t, link.Options{}, young), link.ErrKey, nil},
		{"new secret under the old id", mustVerifier(t, link.Options{}, mustKey(t, "old", secretB)), link.ErrSignature, link.ErrKey},
	} {
		if _, err := row.v.Verify(get("/a", "link="+before)); err != row.wantBefore {
			t.Errorf("%s: a link of the old key: %v, want %v", row.name, err, row.wantBefore)
		}
		if _, err := row.v.Verify(get("/a", "link="+after)); err != row.wantAfter {
			t.Errorf("%s: a link of the new key: %v, want %v", row.name, err, row.wantAfter)
		}
	}
}

func TestNewKeyRefuses(t *testing.T) {
	for _, row := range []struct{ name, id, secret, want string }{
		{"no id", "", secretA, "id"},
		{"id with a space", "a b", secretA, "id"},
		{"long id", strings.Repeat("a", 33), secretA, "id"},
		{"no secret", "a", "", "shorter than 32"},
		{"ten characters", "a", "0123456789", "shorter than 32"},
		{"31 bytes", "a", secretA[:31], "shorter than 32"},
		{"one character", "a", strings.Repeat("x", 64), "guessed"},
		{"a word again and again", "a", strings.Repeat("secret", 8), "guessed"},
	} {
		_, err := link.NewKey(row.id, []byte(row.secret))
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q in it", row.name, err, row.want)
		}
		if err != nil && row.secret != "" && strings.Contains(err.Error(), row.secret) {
			t.Errorf("%s: the error tells the secret", row.name)
		}
	}
}

func TestKeyPrintsAsItsID(t *testing.T) {
	k := mustKey(t, "2026", secretA)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, value := range []any{k, &k, []link.Key{k}, struct{ K link.Key }{k}} {
			got := fmt.Sprintf(format, value)
			if strings.Contains(got, secretA[:8]) || strings.Contains(got, fmt.Sprintf("%x", secretA[:8])) || strings.Contains(got, "0x59") || strings.Contains(got, "89 112") {
				t.Errorf("%s of %T prints the secret: %s", format, value, got)
			}
		}
	}
}

func TestNewVerifierRefuses(t *testing.T) {
	k := mustKey(t, "k", secretA)
	week := link.Options{MaxLife: 168 * time.Hour}
	for _, row := range []struct {
		name string
		keys []link.Key
		o    link.Options
		want string
	}{
		{"no keys", nil, week, "1 to 16 keys"},
		{"17 keys", make([]link.Key, 17), week, "1 to 16 keys"},
		{"zero key", []link.Key{{}}, week, "NewKey"},
		{"two of an id", []link.Key{k, mustKey(t, "k", secretB)}, week, "two keys are called k"},
		{"no longest life", []link.Key{k}, link.Options{}, "longest life"},
		{"leeway of 61 s", []link.Key{k}, link.Options{MaxLife: time.Hour, Leeway: 61 * time.Second}, "leeway"},
		{"negative leeway", []link.Key{k}, link.Options{MaxLife: time.Hour, Leeway: -1}, "leeway"},
	} {
		if _, err := link.NewVerifier(row.keys, row.o); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q in it", row.name, err, row.want)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	k := mustKey(t, "k", secretA)
	for _, row := range []struct {
		name   string
		change func(g *link.Grant)
		want   string
	}{
		{"no expiry", func(g *link.Grant) { g.Expires = time.Time{} }, "expiry"},
		{"before 1970", func(g *link.Grant) { g.Expires = time.Unix(-5, 0) }, "1970"},
		{"after 9999", func(g *link.Grant) { g.Expires = time.Unix(253402300800, 0) }, "9999"},
		{"not valid before 1970", func(g *link.Grant) { g.NotBefore = time.Unix(0, 0) }, "1970"},
		{"never valid", func(g *link.Grant) { g.NotBefore = g.Expires }, "never valid"},
		{"no path", func(g *link.Grant) { g.Path = "" }, "slash"},
		{"relative path", func(g *link.Grant) { g.Path = "a" }, "slash"},
		{"path and prefix", func(g *link.Grant) { g.Prefix = "/a/" }, "not both"},
		{"open prefix", func(g *link.Grant) { g.Path, g.Prefix = "", "/a" }, "slash"},
		{"long prefix", func(g *link.Grant) { g.Path, g.Prefix = "", "/"+strings.Repeat("a", 511)+"/" }, "512"},
		{"long name", func(g *link.Grant) { g.Name = strings.Repeat("a", 256) }, "255"},
		{"name with a line break", func(g *link.Grant) { g.Name = "a\nb" }, "control"},
		{"long subject", func(g *link.Grant) { g.Subject = strings.Repeat("a", 129) }, "128"},
		{"media type with a parameter", func(g *link.Grant) { g.MediaType = "text/html; charset=x" }, "media type"},
		{"media type without a slash", func(g *link.Grant) { g.MediaType = "text" }, "media type"},
		{"network without a length", func(g *link.Grant) { g.Network = "192.0.2.1" }, "network"},
		{"network with bits beyond", func(g *link.Grant) { g.Network = "192.0.2.1/24" }, "network"},
		{"id with a space", func(g *link.Grant) { g.ID = "a b" }, "id"},
		{"uses without an id", func(g *link.Grant) { g.Uses = 1 }, "needs an id"},
		{"negative uses", func(g *link.Grant) { g.Uses, g.ID = -1, "a" }, "uses"},
		{"too many uses", func(g *link.Grant) { g.Uses, g.ID = 1_000_001, "a" }, "uses"},
		{"unknown method", func(g *link.Grant) { g.Method = 9 }, "method"},
		{"unknown disposition", func(g *link.Grant) { g.Disposition = 9 }, "disposition"},
		{"URL of 2 kB", func(g *link.Grant) { g.Path = "/" + strings.Repeat("é", 400) }, "longer than 1900"},
	} {
		g := hour("/a")
		row.change(&g)
		if _, err := k.Sign(g); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q in it", row.name, err, row.want)
		}
	}
}

func TestDecodeShowsWithoutVerifying(t *testing.T) {
	want := full()
	token := mustSign(t, mustKey(t, "k", secretA), want)
	got, err := link.Decode(token[:len(token)-4] + "AAAA")
	want.Path, want.Key = "", "k"
	if err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	if _, err := link.Decode("x"); !errors.Is(err, link.ErrMalformed) {
		t.Errorf("got %v, want %v", err, link.ErrMalformed)
	}
}

func TestWithoutLink(t *testing.T) {
	for query, want := range map[string]string{
		"": "", "link=x": "", "a=b": "a=b", "a=b&link=x": "a=b&", "link=x&a=b": "a=b", "a&link=x&b": "a&b", "link": "", "links=x&Link=y&link2=z": "links=x&Link=y&link2=z",
		"link=x&link=y": "", "a=link=x": "a=link=x", "&link=x&": "&",
	} {
		if got := link.WithoutLink(query); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}
