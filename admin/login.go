package admin

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// signIn is what the page of the log-in shows.
type signIn struct {
	Name, Next string
	OIDC       bool // people log in by OpenID Connect too
	Passwords  bool // there are accounts
}

// next is the page of the admin that somebody asked for before the log-in.
func (x *visit) next() string {
	next := x.r.FormValue("next")
	if u, err := url.Parse(next); err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, Path) || strings.Contains(next, "..") {
		return Path
	}
	return next
}

func (x *visit) signIn(name, problem string, status int) error {
	names, err := x.accounts.Names(x.r.Context())
	if err != nil {
		return err
	}
	data := signIn{Name: name, Next: x.next(), OIDC: x.opts.OIDC != nil, Passwords: len(names) > 0}
	show(x.w, x.r, status, "login", &shown{Title: "Log in", Problem: problem, Data: data})
	return nil
}

func login(x *visit) error {
	user, err := x.Handler.user(x.r)
	if err != nil {
		return err
	}
	if user != "" {
		return x.goTo(x.next(), "")
	}
	return x.signIn("", "", http.StatusOK)
}

// logIn answers alike for a wrong password and an unknown name.
func logIn(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	name := x.r.PostFormValue("name")
	name = name[:min(len(name), longestName+1)] // which nobody is called; it is kept and logged
	if err := x.allow(name); err != nil {
		return err
	}
	hash, err := x.accounts.verify(x.r.Context(), name, x.r.PostFormValue("password"))
	if err != nil {
		return err
	}
	if hash == "" {
		x.log.Warn("admin: log-in refused", "name", name, "remote", x.opts.Client(x.r))
		return x.signIn(name, "Name or password is wrong.", http.StatusUnauthorized)
	}
	if err := x.begin(x.r, name, stamp(hash), nil); err != nil {
		return err
	}
	return x.goTo(x.next(), "")
}

func logOut(x *visit) error {
	if err := x.sessions(x.r).Destroy(x.r.Context()); err != nil {
		return err
	}
	return x.goTo(Path+"login", "")
}

// chosen is what the page shows on which somebody chooses a password.
type chosen struct{ Token, Name, Linked string }

func setUp(x *visit) error { return x.setUp("", "") }

func (x *visit) setUp(name, problem string) error {
	token := x.r.FormValue("token")
	linked, err := x.linked(token)
	if err != nil {
		return err
	}
	return x.show("setup", shown{Title: "Choose a password", Problem: problem, Data: chosen{token, name, linked}})
}

// linked is the name that a link is for, "" if it may be chosen.
func (x *visit) linked(token string) (string, error) {
	linked, err := x.accounts.linked(x.r.Context(), token)
	if errors.Is(err, errLink) {
		err = &fault{http.StatusGone, sentence(errLink)}
	}
	return linked, err
}

// choosePassword makes an account or changes its password by a link, and logs in.
func choosePassword(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	if err := x.allowFrom(); err != nil {
		return err
	}
	token, password := x.r.PostFormValue("token"), x.r.PostFormValue("password")
	linked, err := x.linked(token)
	if err != nil {
		return err
	}
	name := cmp.Or(linked, x.r.PostFormValue("name"))
	if fault := cmp.Or(CheckName(name), checkPassword(password)); fault != nil {
		return x.setUp(name, sentence(fault))
	}
	if password != x.r.PostFormValue("again") {
		return x.setUp(name, "The two passwords differ.")
	}
	err = x.accounts.redeem(x.r.Context(), token, linked, name, password)
	if errors.Is(err, errLink) { // somebody else was faster
		err = &fault{http.StatusGone, sentence(errLink)}
	}
	if err != nil {
		return err
	}
	return x.enter(name, "You are logged in. Keep the password in a safe place.")
}

// enter begins a session after a password was set.
func (x *visit) enter(name, notice string) error {
	hash, err := x.accounts.hash(x.r.Context(), name)
	if err != nil {
		return err
	}
	if err := x.begin(x.r, name, stamp(hash), nil); err != nil {
		return err
	}
	x.log.Info("admin: password set", "name", name, "remote", x.opts.Client(x.r))
	return x.goTo(Path, notice)
}

// account shows who is logged in; the password of one by OpenID Connect is not kept
// here.
func account(x *visit) error { return x.account("") }

func (x *visit) account(problem string) error {
	own := x.sessions(x.r).GetString(x.r.Context(), keyStamp) != ""
	return x.show("account", shown{Title: "Account", Section: "account", Problem: problem, Data: own})
}

func changePassword(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	if err := x.allow(x.user); err != nil {
		return err
	}
	hash, err := x.accounts.verify(x.r.Context(), x.user, x.r.PostFormValue("old"))
	if err != nil {
		return err
	}
	password := x.r.PostFormValue("password")
	switch fault := checkPassword(password); {
	case hash == "":
		return x.account("The password of now is wrong.")
	case fault != nil:
		return x.account(sentence(fault))
	case password != x.r.PostFormValue("again"):
		return x.account("The two new passwords differ.")
	}
	if hash, err = hashPassword(password); err != nil {
		return err
	}
	if err := x.accounts.put(x.r.Context(), x.user, hash); err != nil {
		return err
	}
	return x.enter(x.user, "The password was changed. Everybody else who was logged in with the old one is logged out.")
}

// sentence is an error as one: with a capital and a full stop.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
