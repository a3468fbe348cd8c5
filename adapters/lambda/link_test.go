package lambda_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/lambda"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/download"
)

// TestL1_LinksOfEveryKind: a signed link is the same one in whatever form an event has
// the query, and one that is there twice is none.
func TestL1_LinksOfEveryKind(t *testing.T) {
	key, err := link.NewKey("k", []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := link.NewVerifier([]link.Key{key}, link.Options{MaxLife: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	token, err := key.Sign(link.Grant{Path: "/l/a b.txt", Expires: time.Now().Add(time.Minute), Name: "Ü & co.txt", Network: "192.0.2.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := download.New([]download.Route{{Pattern: "/l/{path...}", View: &download.StorageView{Store: bucket(map[string][]byte{"a b.txt": []byte("secret")})}, LinkRequired: true}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.SetLinks(download.Links{Verifier: v})
	h, err := lambda.New(s, lambda.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range forms {
		path := "/l/a%20b.txt"
		if f.form == httpAPI {
			path = "/l/a b.txt"
		}
		for value, want := range map[string]int{token: 200, token[:len(token)-1]: 403} {
			payload := string(event(f.form, f.multi, "GET", path, "X-Forwarded-For: 198.51.100.1, 192.0.2.1"))
			query := fmt.Sprintf(`"rawQueryString":"utm=a%%26b&link=%s",`, value)
			switch {
			case f.name == "rest", f.name == "alb, multi-value":
				query = fmt.Sprintf(`"multiValueQueryStringParameters":{"utm":["a&b"],"link":[%q]},`, value)
			case f.name == "alb":
				query = fmt.Sprintf(`"queryStringParameters":{"utm":"a%%26b","link":%q},`, value)
			}
			if r := handle(t, h, json.RawMessage("{"+query+payload[1:])); r.StatusCode != want {
				t.Errorf("%s: %d, want %d", f.name, r.StatusCode, want)
			}
		}
	}
	payload := event(rest, true, "GET", "/l/a%20b.txt")
	twice := fmt.Sprintf(`{"multiValueQueryStringParameters":{"link":[%q,%q]},`, token, token)
	if r := handle(t, h, json.RawMessage(twice+string(payload[1:]))); r.StatusCode != 403 {
		t.Errorf("a link that is there twice: %d, want 403", r.StatusCode)
	}
}

// TestHTTPInFormat1: an HTTP API can send payload format 1.0 too.
func TestHTTPInFormat1(t *testing.T) {
	o := pages(t)
	h := site(t, map[string][]byte{"a%b": []byte("x")}, o)
	payload := bytes.Replace(event(rest, true, "GET", "/f/a%b"), []byte(`{"resource"`), []byte(`{"version":"1.0","resource"`), 1)
	if r := handle(t, h, payload); r.StatusCode != 200 {
		t.Errorf("a path that was decoded: %d", r.StatusCode)
	}
	payload = bytes.Replace(event(rest, true, "GET", "/"), []byte(`{"resource"`), []byte(`{"version":"1.0","resource"`), 1)
	if r := handle(t, h, payload); len(r.MultiValueHeaders["Set-Cookie"]) != 2 || r.Cookies != nil {
		t.Errorf("cookies: %v %v", r.MultiValueHeaders, r.Cookies)
	}
}
