package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core/link"
)

const someSecret = "0123456789abcdef0123456789abcdef"

// secretServices answers as the Parameter Store and Secrets Manager do, in the JSON
// protocol 1.1 of AWS (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).
func secretServices(t *testing.T) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Name, SecretId string
			WithDecryption bool
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=key/") {
			t.Errorf("signed as %q", r.Header.Get("Authorization"))
		}
		var out any
		switch target := r.Header.Get("X-Amz-Target"); {
		case target == "AmazonSSM.GetParameter" && in.Name == "/downlink/key" && in.WithDecryption:
			out = map[string]any{"Parameter": map[string]any{"Name": in.Name, "Value": someSecret + "\n"}}
		case target == "secretsmanager.GetSecretValue" && in.SecretId == "downlink/key":
			out = map[string]any{"SecretString": someSecret}
		case target == "secretsmanager.GetSecretValue" && in.SecretId == "binary":
			out = map[string]any{"SecretBinary": "AAAA"}
		default:
			w.Header().Set("X-Amzn-ErrorType", "ParameterNotFound")
			w.WriteHeader(http.StatusBadRequest)
			out = map[string]any{"__type": "ParameterNotFound"}
		}
		if err := json.NewEncoder(w).Encode(out); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
	} {
		t.Setenv(name, value)
	}
}

func TestSecrets(t *testing.T) {
	secretServices(t)
	for value, want := range map[string]string{
		someSecret:                    someSecret,
		"ssm:/downlink/key":           someSecret,
		"secretsmanager:downlink/key": someSecret,
		"ssm:/downlink/none":          "error: ParameterNotFound",
		"secretsmanager:binary":       "error: it is binary",
		"":                            "error: the variable KEY: it is not set",
	} {
		s := newSecrets(func(name string) string { return map[string]string{"KEY": value}[name] })
		got, err := s.get(t.Context(), "KEY")
		if text, fails := strings.CutPrefix(want, "error: "); fails && (err == nil || !strings.Contains(err.Error(), text)) || !fails && (got != want || err != nil) {
			t.Errorf("%q: got %q, %v; want %s", value, got, err, want)
		}
	}
}

// TestKeyring: keys are fetched once in a while, and the last ones known are used while
// that fails.
func TestKeyring(t *testing.T) {
	asked, failure := 0, errors.New("throttled")
	k := &keyring{keys: []config.LinkKey{{ID: "k", SecretEnv: "KEY"}}, options: link.Options{MaxLife: time.Hour}, secret: func(context.Context, string) (string, error) {
		asked++
		return someSecret, failure
	}}
	if _, err := k.verifier(t.Context()); err == nil || !strings.Contains(err.Error(), "throttled") || strings.Contains(err.Error(), someSecret) {
		t.Errorf("without any key: %v", err)
	}
	failure = nil
	var first *link.Verifier
	for range 3 {
		v, err := k.verifier(t.Context())
		if err != nil || first != nil && v != first {
			t.Errorf("%v, %v", v, err)
		}
		first = v
	}
	if asked != 2 {
		t.Errorf("keys were fetched %d times, want 2", asked)
	}
	k.until, failure = k.until.Add(-kept), errors.New("down")
	if v, err := k.verifier(t.Context()); v != first || err != nil || asked != 3 {
		t.Errorf("while the keys cannot be fetched again: %v, %v, fetched %d times", v == first, err, asked)
	}
}

// TestKeyringWithoutOneKey: a key whose variable is unset is left out; the others are
// good. Without any it is an error that names them all, and so is a key that cannot be
// fetched.
func TestKeyringWithoutOneKey(t *testing.T) {
	env := map[string]string{"NEW": someSecret}
	k := &keyring{
		keys:    []config.LinkKey{{ID: "new", SecretEnv: "NEW"}, {ID: "old", SecretEnv: "OLD"}},
		options: link.Options{MaxLife: time.Hour},
		secret:  newSecrets(func(name string) string { return env[name] }).get,
	}
	v, err := k.fetch(t.Context())
	if err != nil {
		t.Fatalf("with one key of two: %v", err)
	}
	if err := verifyLinkOf(t, v, "new"); err != nil {
		t.Errorf("a link of the key that is there: %v", err)
	}
	env["OLD"] = "ssm:"
	secretServices(t)
	if _, err := k.fetch(t.Context()); err == nil || !strings.Contains(err.Error(), `key "old"`) {
		t.Errorf("with a key that cannot be fetched: %v", err)
	}
	clear(env)
	if _, err := k.fetch(t.Context()); err == nil || !strings.Contains(err.Error(), "NEW") || !strings.Contains(err.Error(), "OLD") {
		t.Errorf("without any: %v", err)
	}
}

// verifyLinkOf has v look at a link that the key of that id signed.
func verifyLinkOf(t *testing.T, v *link.Verifier, id string) error {
	t.Helper()
	key, err := link.NewKey(id, []byte(someSecret))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	token, err := key.Sign(link.Grant{Path: "/a", Expires: now.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.Verify(link.Request{Method: http.MethodGet, Path: "/a", Query: "link=" + token, Now: now})
	return err
}
