package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"
)

// sessionStore keeps sessions as records; scs hands it digests of tokens.
type sessionStore struct{ records Records }

var _ scs.CtxStore = sessionStore{}

var errNoContext = errors.New("sessions are kept by the methods that take a context")

func (sessionStore) Delete(string) error                    { return errNoContext }
func (sessionStore) Find(string) ([]byte, bool, error)      { return nil, false, errNoContext }
func (sessionStore) Commit(string, []byte, time.Time) error { return errNoContext }

// DeleteCtx removes a session.
func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.records.TakeRecord(ctx, sessionRecords, token)
	return err
}

// FindCtx returns the data of a session that has not expired.
func (s sessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	text, found, err := s.records.Record(ctx, sessionRecords, token)
	return []byte(text), found, err
}

// CommitCtx keeps a session until it expires.
func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	return s.records.PutRecord(ctx, sessionRecords, token, string(data), expires)
}

// cookieName is the name of the session's cookie.
const cookieName = "downlink_admin"

// newSessions makes the manager of sessions, whose cookie goes over https only if
// secure. Each kind of connection has a manager of its own over the same store.
func newSessions(r Records, life time.Duration, secure bool) *scs.SessionManager {
	m := scs.New()
	m.Store, m.Lifetime, m.HashTokenInStore = sessionStore{r}, life, true
	m.Cookie.Name, m.Cookie.Path, m.Cookie.SameSite, m.Cookie.Secure = cookieName, Path, http.SameSiteLaxMode, secure
	return m
}

// The keys of a session.
const (
	keyUser     = "user"     // name of the account, or e-mail address
	keyStamp    = "stamp"    // of the account's password when the session began; "" of OpenID Connect
	keyGroups   = "groups"   // of OpenID Connect
	keyNotice   = "notice"   // to be shown once
	keyProvider = "provider" // a log-in by OpenID Connect on its way
)

// stamp changes with an account's password.
func stamp(hash string) string { return digest(hash)[:32] }

// user is whose session the request has, "" if nobody's: of an account that is there
// with the same password still, or of somebody whom the configuration still allows.
func (h *Handler) user(r *http.Request) (string, error) {
	ctx, sessions := r.Context(), h.sessions(r)
	name := sessions.GetString(ctx, keyUser)
	if name == "" {
		return "", nil
	}
	if then := sessions.GetString(ctx, keyStamp); then != "" {
		hash, err := h.accounts.hash(ctx, name)
		if errors.Is(err, ErrNoAccount) || err == nil && stamp(hash) != then {
			return "", nil
		}
		return name, err
	}
	groups, _ := sessions.Get(ctx, keyGroups).([]string)
	if h.opts.OIDC == nil || !h.opts.OIDC.allows(name, groups) {
		return "", nil
	}
	return name, nil
}

// begin begins a session of its own for the user, whatever the one before knew.
func (h *Handler) begin(r *http.Request, name, stamp string, groups []string) error {
	ctx, sessions := r.Context(), h.sessions(r)
	if err := sessions.Clear(ctx); err != nil {
		return err
	}
	if err := sessions.RenewToken(ctx); err != nil {
		return err
	}
	sessions.Put(ctx, keyUser, name)
	sessions.Put(ctx, keyStamp, stamp)
	if len(groups) > 0 {
		sessions.Put(ctx, keyGroups, slices.Clone(groups))
	}
	return nil
}
