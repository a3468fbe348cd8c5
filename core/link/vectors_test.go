package link_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/test/need"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

// vectors are links for every implementation to agree about. Paths and prefixes
// are percent-encoded, since they can be any bytes; times are seconds since 1970.
type vectors struct {
	Format  string            `json:"format"`
	MaxLife int64             `json:"max_life"`
	Leeway  int64             `json:"leeway"`
	Keys    map[string]string `json:"keys"`
	Revoked struct {
		IDs      []string `json:"ids"`
		Subjects []string `json:"subjects"`
	} `json:"revoked"`
	Sign   []signVector   `json:"sign"`
	Verify []verifyVector `json:"verify"`
}

// signVector is a grant and its token: of these bytes, no other.
type signVector struct {
	Name  string      `json:"name"`
	Grant grantVector `json:"grant"`
	Token string      `json:"token"`
}

type grantVector struct {
	Key         string `json:"key"`
	Path        string `json:"path,omitempty"`
	Prefix      string `json:"prefix,omitempty"`
	Expires     int64  `json:"expires"`
	NotBefore   int64  `json:"not_before,omitempty"`
	Method      string `json:"method,omitempty"`
	Disposition string `json:"disposition,omitempty"`
	FileName    string `json:"file_name,omitempty"`
	MediaType   string `json:"media_type,omitempty"`
	Network     string `json:"network,omitempty"`
	Subject     string `json:"subject,omitempty"`
	ID          string `json:"id,omitempty"`
	Uses        int64  `json:"uses,omitempty"`
}

func (v *grantVector) grant(t *testing.T) link.Grant {
	g := link.Grant{Path: decoded(t, v.Path), Prefix: decoded(t, v.Prefix), Expires: time.Unix(v.Expires, 0).UTC(), Name: v.FileName,
		MediaType: v.MediaType, Network: v.Network, Subject: v.Subject, ID: v.ID, Uses: v.Uses}
	if v.NotBefore != 0 {
		g.NotBefore = time.Unix(v.NotBefore, 0).UTC()
	}
	if v.Method == "HEAD" {
		g.Method = link.Head
	}
	switch v.Disposition {
	case "attachment":
		g.Disposition = link.Attachment
	case "inline":
		g.Disposition = link.Inline
	}
	return g
}

func decoded(t *testing.T, path string) string {
	t.Helper()
	s, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// verifyVector is a request and whether its link is accepted. Reason is for
// people; an implementation may have other words.
type verifyVector struct {
	Name   string `json:"name"`
	Method string `json:"method"`
	Path   string `json:"path"`
	Query  string `json:"query"`
	Client string `json:"client"`
	Now    int64  `json:"now"`
	Accept bool   `json:"accept"`
	Reason string `json:"reason,omitempty"`
}

const vectorFile = "testdata/vectors.json"

func readVectors(t *testing.T) (v vectors) {
	t.Helper()
	if *update {
		writeVectors(t)
	}
	text, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	if len(v.Sign) < 10 || len(v.Verify) < 60 {
		t.Fatalf("%d and %d vectors: too few", len(v.Sign), len(v.Verify))
	}
	return v
}

func (v *vectors) verifier(t *testing.T) *link.Verifier {
	t.Helper()
	var keys []link.Key
	for id, secret := range v.Keys {
		keys = append(keys, mustKey(t, id, secret))
	}
	return mustVerifier(t, link.Options{MaxLife: time.Duration(v.MaxLife) * time.Second, Leeway: time.Duration(v.Leeway) * time.Second,
		RevokedIDs: v.Revoked.IDs, RevokedSubjects: v.Revoked.Subjects}, keys...)
}

func TestVectors(t *testing.T) {
	v := readVectors(t)
	for _, s := range v.Sign {
		if got := mustSign(t, mustKey(t, s.Grant.Key, v.Keys[s.Grant.Key]), s.Grant.grant(t)); got != s.Token {
			t.Errorf("sign %s: got %s\nwant %s", s.Name, got, s.Token)
		}
	}
	verifier := v.verifier(t)
	for _, c := range v.Verify {
		_, err := verifier.Verify(link.Request{Method: c.Method, Path: decoded(t, c.Path), Query: c.Query, Client: c.Client, Now: time.Unix(c.Now, 0)})
		reason := ""
		if err != nil {
			reason = err.Error()
		}
		if (err == nil) != c.Accept || reason != c.Reason {
			t.Errorf("verify %s: got %q, want accept %v %q", c.Name, reason, c.Accept, c.Reason)
		}
	}
}

// TestVectorsInPython has another implementation, that shares nothing with this
// one but docs/links.md, sign and verify the vectors. It must also notice vectors
// that are wrong.
func TestVectorsInPython(t *testing.T) {
	python := need.Command(t, "python3")
	v := readVectors(t)
	run := func(v vectors) (string, error) {
		file := filepath.Join(t.TempDir(), "vectors.json")
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(python, "testdata/downlink_link.py", file).CombinedOutput()
		return string(out), err
	}
	if out, err := run(v); err != nil || strings.Count(out, "\n") != 1 {
		t.Errorf("%v\n%s", err, out)
	}
	for i := range v.Verify {
		v.Verify[i].Accept = !v.Verify[i].Accept
	}
	v.Sign[0].Token = v.Sign[1].Token
	if out, err := run(v); err == nil || strings.Count(out, "\n") != len(v.Verify)+1 {
		t.Errorf("wrong vectors were not noticed: %v\n%s", err, out)
	}
}

// writeVectors makes the vectors of the tables below.
func writeVectors(t *testing.T) {
	t.Helper()
	v := vectors{Format: "docs/links.md, version 1", MaxLife: 7 * 86400, Keys: map[string]string{"2026-a": secretA, "2026-b": secretB}}
	v.Revoked.IDs, v.Revoked.Subjects = []string{"gone"}, []string{"Eve"}
	const end = 1_800_003_600
	v.Sign = []signVector{
		{Name: "path", Grant: grantVector{Key: "2026-a", Path: "/files/a.pdf", Expires: end}},
		{Name: "path by the other key", Grant: grantVector{Key: "2026-b", Path: "/files/a.pdf", Expires: end}},
		{Name: "path with a space, a percent sign, a question mark and letters beyond ASCII", Grant: grantVector{Key: "2026-a", Path: "/files/a%20b/100%25%3F%E6%97%A5%E6%9C%AC.pdf", Expires: end}},
		{Name: "path that is not UTF-8", Grant: grantVector{Key: "2026-a", Path: "/files/%FF", Expires: end}},
		{Name: "prefix", Grant: grantVector{Key: "2026-a", Prefix: "/files/2026/", Expires: end}},
		{Name: "prefix with a space", Grant: grantVector{Key: "2026-a", Prefix: "/files/a%20b/", Expires: end}},
		{Name: "file name and inline", Grant: grantVector{Key: "2026-a", Path: "/d/report", Expires: end, Disposition: "inline", FileName: "Bericht \"Müller\"; 日本.pdf", MediaType: "application/pdf"}},
		{Name: "attachment", Grant: grantVector{Key: "2026-a", Path: "/d/report", Expires: end, Disposition: "attachment"}},
		{Name: "name that looks like fields", Grant: grantVector{Key: "2026-a", Path: "/d/report", Expires: end, FileName: "x1:xk6:2026-b"}},
		{Name: "once", Grant: grantVector{Key: "2026-a", Path: "/d/report", Expires: end, ID: "7fQ2", Uses: 1}},
		{Name: "subject and id", Grant: grantVector{Key: "2026-a", Path: "/d/report", Expires: end, ID: "7fQ2", Subject: "Ann <ann@example.org>"}},
		{Name: "IPv4 network", Grant: grantVector{Key: "2026-a", Path: "/d/report", Expires: end, Network: "192.0.2.0/24"}},
		{Name: "IPv6 network", Grant: grantVector{Key: "2026-a", Path: "/d/report", Expires: end, Network: "2001:db8::/32"}},
		{Name: "not before", Grant: grantVector{Key: "2026-a", Path: "/d/report", Expires: end, NotBefore: 1_800_000_000}},
		{Name: "HEAD only", Grant: grantVector{Key: "2026-a", Path: "/d/report", Expires: end, Method: "HEAD"}},
		{Name: "everything", Grant: grantVector{Key: "2026-b", Path: "/d/report", Expires: end, NotBefore: 1_800_000_000, Disposition: "inline", FileName: "a.pdf",
			MediaType: "application/pdf", Network: "192.0.2.0/24", Subject: "Ann", ID: "7fQ2", Uses: 1000000}},
	}
	for i := range v.Sign {
		s := &v.Sign[i]
		s.Token = mustSign(t, mustKey(t, s.Grant.Key, v.Keys[s.Grant.Key]), s.Grant.grant(t))
	}
	verifier := v.verifier(t)
	add := func(name, method, path, query, client string, at int64) {
		c := verifyVector{Name: name, Method: method, Path: path, Query: query, Client: client, Now: at, Accept: true}
		if _, err := verifier.Verify(link.Request{Method: method, Path: decoded(t, path), Query: query, Client: client, Now: time.Unix(at, 0)}); err != nil {
			c.Accept, c.Reason = false, err.Error()
		}
		v.Verify = append(v.Verify, c)
	}
	const at, client = 1_800_000_000, "192.0.2.7"
	path := func(s signVector) string {
		if s.Grant.Prefix != "" {
			return s.Grant.Prefix + "sub/x.pdf"
		}
		return s.Grant.Path
	}
	for _, s := range v.Sign {
		add(s.Name, "HEAD", path(s), "link="+s.Token, client, at)
		add(s.Name+", by GET", "GET", path(s), "a=b&link="+s.Token+"&c", client, at)
		add(s.Name+", by POST", "POST", path(s), "link="+s.Token, client, at)
		add(s.Name+", other path", "GET", "/files/other", "link="+s.Token, client, at)
		add(s.Name+", 1 s before its end", "HEAD", path(s), "link="+s.Token, client, end-1)
		add(s.Name+", at its end", "HEAD", path(s), "link="+s.Token, client, end)
		add(s.Name+", 1 s earlier", "HEAD", path(s), "link="+s.Token, client, at-1)
		add(s.Name+", IPv6 client", "HEAD", path(s), "link="+s.Token, "2001:db8:0:1::7", at)
		add(s.Name+", unknown client", "HEAD", path(s), "link="+s.Token, "", at)
	}
	token := v.Sign[0].Token
	grant, mac, _ := strings.Cut(token, ".")
	raw := func(text string) string {
		return "link=" + base64.RawURLEncoding.EncodeToString([]byte(text)) + "." + mac
	}
	a := mustKey(t, "2026-a", secretA)
	for _, row := range []struct{ name, query string }{
		{"no query", ""}, {"other name", "Link=" + token}, {"encoded name", "l%69nk=" + token}, {"array", "link[]=" + token}, {"semicolon", "a=1;link=" + token},
		{"twice", "link=" + token + "&link=" + token}, {"second empty", "link=" + token + "&link="}, {"empty", "link="}, {"no signature", "link=" + grant},
		{"empty signature", "link=" + grant + "."}, {"half a signature", "link=" + grant + "." + mac[:22]}, {"signature without its last character", "link=" + token[:len(token)-1]},
		{"bit beyond the signature", "link=" + token[:len(token)-1] + next(token[len(token)-1])}, {"padding", "link=" + token + "="}, {"third part", "link=" + token + "."},
		{"line break", "link=" + grant + "\n." + mac}, {"space", "link=" + token + "%20"}, {"plus", "link=+" + token},
		{"other version", raw("2e10:1800003600k6:2026-a")}, {"no expiry", raw("1k6:2026-a")}, {"no key", raw("1e10:1800003600")}, {"field twice", raw("1e10:1800003600e10:1800003600k6:2026-a")},
		{"fields in another order", raw("1k6:2026-ae10:1800003600")}, {"unknown field", raw("1e10:1800003600k6:2026-az1:x")}, {"path in the token", raw("1e10:1800003600k6:2026-ap12:/files/a.pdf")},
		{"empty value", raw("1e10:1800003600f0:k6:2026-a")}, {"length with a leading zero", raw("1e10:1800003600k06:2026-a")}, {"length too large", raw("1e10:1800003600k7:2026-a")},
		{"number with a leading zero", raw("1e11:01800003600k6:2026-a")}, {"number with a sign", raw("1e11:+1800003600k6:2026-a")}, {"uses without an id", raw("1e10:1800003600k6:2026-au1:1")},
		{"method GET", raw("1e10:1800003600k6:2026-am3:GET")}, {"bits beyond the network", raw("1e10:1800003600k6:2026-ar12:192.0.2.1/24")}, {"prefix without a slash", raw("1e10:1800003600k6:2026-at6:/files")},
		{"unknown key", raw("1e10:1800003600k6:2026-c")}, {"later expiry", raw("1e10:1800003601k6:2026-a")}, {"other key's id", raw("1e10:1800003600k6:2026-b")},
		{"revoked id", "link=" + mustSign(t, a, link.Grant{Path: "/files/a.pdf", Expires: now.Add(time.Hour), ID: "gone"})},
		{"revoked subject", "link=" + mustSign(t, a, link.Grant{Path: "/files/a.pdf", Expires: now.Add(time.Hour), Subject: "Eve"})},
		{"longest life", "link=" + mustSign(t, a, link.Grant{Path: "/files/a.pdf", Expires: now.Add(7 * 24 * time.Hour)})},
		{"life too long", "link=" + mustSign(t, a, link.Grant{Path: "/files/a.pdf", Expires: now.Add(7*24*time.Hour + time.Second)})},
	} {
		add(row.name, "GET", "/files/a.pdf", row.query, client, at)
	}
	prefix := "link=" + v.Sign[4].Token
	for _, p := range []string{"/files/2026/", "/files/2026", "/files/2026a/x", "/files/2025/x", "/x/files/2026/x", "/files/2026/x"} {
		add("prefix /files/2026/ for "+p, "GET", p, prefix, client, at)
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// next is the character after c in the alphabet of base64url: of the last one, it
// changes bits that no byte has.
func next(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)+1:][:1]
}
