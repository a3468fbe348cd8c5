package admin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestPasswords(t *testing.T) {
	hash, err := hashPassword("correct horse")
	again, failed := hashPassword("correct horse")
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || hash == again || err != nil || failed != nil {
		t.Errorf("hash %s, then %s, %v, %v", hash, again, err, failed)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horsf": false, "": false, strings.Repeat("x", 300): false} {
		if got, err := samePassword(password, hash); got != want || err != nil {
			t.Errorf("%.20q: %v, %v", password, got, err)
		}
	}
	for _, bad := range []string{"", "x", "$argon2i$v=19$m=1,t=1,p=1$AA$AA", "$argon2id$v=19$m=x$AA$AA", "$argon2id$v=19$m=1,t=1,p=1$!$AA", "$argon2id$v=19$m=1,t=1,p=1$AA$"} {
		if same, err := samePassword("", bad); same || err == nil && bad != "$argon2id$v=19$m=1,t=1,p=1$AA$" {
			t.Errorf("%q: %v, %v", bad, same, err)
		}
	}
}

// empty is a database without accounts.
type empty struct{}

func (empty) Exec(context.Context, string, ...any) (int64, error) { return 0, nil }
func (empty) Rows(context.Context, string, []any, func(func(...any) error) error) error {
	return nil
}

// A name that is unknown costs as much work as one that is not: it waits for its turn
// to hash.
func TestUnknownNamesAreHashedToo(t *testing.T) {
	release, _, _ := HoldHashes()
	done := make(chan struct{})
	go func() {
		if hash, err := NewAccounts(SQL(empty{})).verify(t.Context(), "nobody", "correct horse"); hash != "" || err != nil {
			t.Errorf("%q, %v", hash, err)
		}
		close(done)
	}()
	select {
	case <-done:
		t.Error("answered without a hash")
	case <-time.After(50 * time.Millisecond):
	}
	release()
	<-done
}

func TestAddressesOfOneCustomerCountAsOne(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1:80": "192.0.2.1", "[::ffff:192.0.2.1]:80": "192.0.2.1", "2001:db8::1": "2001:db8::/64", "[2001:db8::2]:9": "2001:db8::/64", "@": "@",
	} {
		if got := network(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

// Who tries many names has few of them watched, and so cannot have others forgotten,
// nor attempts for an account used up.
func TestRefusedAddressesWatchNoAccounts(t *testing.T) {
	r := httptest.NewRequest("POST", "/admin/login", nil)
	x := &visit{Handler: &Handler{opts: Options{Client: func(*http.Request) string { return "192.0.2.1" }}}, r: r}
	for i := range 1000 {
		if err := x.allow(string(rune(i + 0x10000))); (err == nil) != (i < attempts) {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	if n := len(x.attempts.each); n != attempts+1 {
		t.Errorf("%d are watched after attempts from one address", n)
	}
}

func TestWatchedAddressesAreBounded(t *testing.T) {
	var l limits
	now := time.Now()
	for i := range 3 * mostLimited {
		l.take(now, string(rune(i+0x10000)))
	}
	if len(l.each) > mostLimited+1 {
		t.Errorf("%d are watched", len(l.each))
	}
}
