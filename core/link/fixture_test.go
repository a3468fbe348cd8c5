package link_test

import (
	"testing"
	"time"

	"github.com/downlink-go/downlink/core/link"
)

// now is when the tests ask.
var now = time.Unix(1_800_000_000, 0).UTC()

const (
	secretA = "YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM="
	secretB = "5f2c9a7e1b3d4c6f8a0e2d4b6c8f0a1e3d5b7c9f0e2a4c6b8d0f1e3a5c7b9d1f"
)

func mustKey(t testing.TB, id, secret string) link.Key {
	t.Helper()
	k, err := link.NewKey(id, []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mustVerifier(t testing.TB, o link.Options, keys ...link.Key) *link.Verifier {
	t.Helper()
	if o.MaxLife == 0 {
		o.MaxLife = 7 * 24 * time.Hour
	}
	v, err := link.NewVerifier(keys, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func mustSign(t testing.TB, k link.Key, g link.Grant) string {
	t.Helper()
	token, err := k.Sign(g)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// hour is a grant of one hour for a path.
func hour(path string) link.Grant { return link.Grant{Path: path, Expires: now.Add(time.Hour)} }

func get(path, query string) link.Request {
	return link.Request{Method: "GET", Path: path, Query: query, Client: "192.0.2.7:1234", Now: now}
}
