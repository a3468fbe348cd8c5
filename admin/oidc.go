package admin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// OIDC is a provider of OpenID Connect by which people log in. Its fields do not
// change once it is used.
type OIDC struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	URL          string // of the site, with a slash at its end: the provider sends people back there
	// Emails and Groups are who may log in: somebody with one of these verified
	// addresses, or in one of these groups. Nobody else is.
	Emails, Groups []string

	mu    sync.Mutex
	found *provider
}

// provider is what the issuer says of itself.
type provider struct {
	oauth  oauth2.Config
	tokens *oidc.IDTokenVerifier
}

// oidcTimeout is how long the provider may take for each answer.
const oidcTimeout = 10 * time.Second

var oidcClient = &http.Client{Timeout: oidcTimeout}

// discover asks the issuer for its endpoints, once it answers.
func (o *OIDC) discover(ctx context.Context) (*provider, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.found != nil {
		return o.found, nil
	}
	// The provider keeps its context: it fetches keys later with it.
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), oidcClient), o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask %s for its endpoints: %w", o.Issuer, err)
	}
	o.found = &provider{
		oauth: oauth2.Config{
			ClientID: o.ClientID, ClientSecret: o.ClientSecret, Endpoint: p.Endpoint(),
			RedirectURL: o.URL + strings.TrimPrefix(Path, "/") + "oidc/callback", Scopes: o.scopes(),
		},
		tokens: p.Verifier(&oidc.Config{ClientID: o.ClientID}),
	}
	return o.found, nil
}

func (o *OIDC) scopes() []string {
	all := []string{oidc.ScopeOpenID, "email"}
	if len(o.Groups) > 0 {
		all = append(all, "groups")
	}
	return all
}

// allows reports whether somebody with a verified address and these groups may log
// in.
func (o *OIDC) allows(email string, groups []string) bool {
	same := func(allowed string) bool { return strings.EqualFold(allowed, email) }
	in := func(group string) bool { return slices.Contains(o.Groups, group) }
	return email != "" && (slices.ContainsFunc(o.Emails, same) || slices.ContainsFunc(groups, in))
}

// onTheWay is a log-in that the provider is asked for: what its answer has to fit.
type onTheWay struct{ State, Nonce, Verifier, Next string }

// errProvider: the log-in by OpenID Connect cannot be done now.
var errProvider = &fault{http.StatusBadGateway, "The log-in provider does not answer as it should. Try again in a moment; the server's log says more."}

func startOIDC(x *visit) error {
	if x.opts.OIDC == nil {
		return errNoPage
	}
	if err := x.allowFrom(); err != nil { // each makes a session, and may have to wait for the provider
		return err
	}
	p, err := x.opts.OIDC.discover(x.r.Context())
	if err != nil {
		return errors.Join(errProvider, err)
	}
	way := onTheWay{rand.Text(), rand.Text(), oauth2.GenerateVerifier(), x.next()}
	text, err := json.Marshal(way)
	if err != nil {
		return err
	}
	x.sessions(x.r).Put(x.r.Context(), keyProvider, string(text))
	http.Redirect(x.w, x.r, p.oauth.AuthCodeURL(way.State, oidc.Nonce(way.Nonce), oauth2.S256ChallengeOption(way.Verifier)), http.StatusSeeOther)
	return nil
}

// errState: an answer of the provider to a log-in that nobody here began.
var errState = &fault{http.StatusBadRequest, "This log-in was begun elsewhere or too long ago. Begin again."}

func endOIDC(x *visit) error {
	if x.opts.OIDC == nil {
		return errNoPage
	}
	var way onTheWay
	text := x.sessions(x.r).PopString(x.r.Context(), keyProvider)
	if err := json.Unmarshal([]byte(text), &way); err != nil {
		return errState
	}
	if subtle.ConstantTimeCompare([]byte(x.r.FormValue("state")), []byte(way.State)) != 1 {
		return errState
	}
	if said := x.r.FormValue("error"); said != "" {
		return &fault{http.StatusForbidden, "The log-in provider refused."}
	}
	email, groups, err := x.opts.OIDC.who(x.r.Context(), x.r.FormValue("code"), way)
	if err != nil {
		return errors.Join(errProvider, err)
	}
	if !x.opts.OIDC.allows(email, groups) {
		x.log.Warn("admin: log-in refused", "name", email, "remote", x.opts.Client(x.r))
		return &fault{http.StatusForbidden, "You are logged in with your provider, but may not use this admin. Ask its operator to add you."}
	}
	if err := x.begin(x.r, email, "", groups); err != nil {
		return err
	}
	return x.goTo(way.Next, "")
}

// who redeems the provider's code for the verified address and the groups of whoever
// logged in. The address is "" if the provider has not verified it.
func (o *OIDC) who(ctx context.Context, code string, way onTheWay) (email string, groups []string, err error) {
	p, err := o.discover(ctx)
	if err != nil {
		return "", nil, err
	}
	ctx = oidc.ClientContext(ctx, oidcClient)
	token, err := p.oauth.Exchange(ctx, code, oauth2.VerifierOption(way.Verifier))
	if err != nil {
		return "", nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.tokens.Verify(ctx, raw)
	if err != nil {
		return "", nil, err
	}
	var claims struct {
		Email    string   `json:"email"`
		Verified bool     `json:"email_verified"`
		Groups   []string `json:"groups"`
	}
	if err := id.Claims(&claims); err != nil {
		return "", nil, err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(way.Nonce)) != 1 {
		return "", nil, errors.New("the ID token has another nonce than was asked for")
	}
	if !claims.Verified {
		claims.Email = ""
	}
	return claims.Email, claims.Groups, nil
}
