package doctor

import (
	"net/http"
	"net/url"
	"strings"
)

// redirects reports an answer that sends the client elsewhere for the file.
func (a answer) redirects() bool {
	return a.status == http.StatusFound || a.status == http.StatusTemporaryRedirect
}

// place is where an answer sends the client, without the query, which holds a
// signature that differs each time.
func (a answer) place() string {
	place, _, _ := strings.Cut(a.header.Get("Location"), "?")
	return place
}

// redirected asks for a file that clients get elsewhere, and follows once, as
// somebody who has nothing but the address.
func (x *exam) redirected(c *client, s *sample) {
	got := c.ask(get(s.target))
	fault := func(format string, args ...any) {
		x.fault(Together, "redirect", s.name, &Change{Text: "let the front server pass Downlink's redirects on as they are"}, format, args...)
	}
	switch {
	case got.err != nil:
		fault("%s does not answer %s: %v.", s.front(), s.name, got.err)
	case got.status != s.want.status || got.place() != s.want.place():
		fault("%s answers %s with %d and Location %q, where Downlink says %d and %q.", s.front(), s.name, got.status, got.place(), s.want.status, s.want.place())
	case !strings.Contains(got.header.Get("Cache-Control"), "no-store"):
		fault("%s lets the redirect of %s be stored: its Cache-Control is %q.", s.front(), s.name, got.header.Get("Cache-Control"))
	default:
		x.follow(s, got)
	}
}

// follow asks where a redirect leads.
func (x *exam) follow(s *sample, redirect answer) {
	u, err := url.Parse(redirect.header.Get("Location"))
	if err != nil || u.Host == "" {
		x.fault(Together, "redirect", s.name, nil, "Downlink sends clients from %s to %q, which is no address.", s.name, redirect.place())
		return
	}
	stranger := *x
	stranger.Header = nil
	c := &client{&stranger, &url.URL{Scheme: u.Scheme, Host: u.Host}, newTransport()}
	defer c.close()
	a := c.ask(get(u.RequestURI()))
	switch {
	case a.err != nil:
		x.fault(Together, "redirect", s.name, nil, "The storage to which %s is redirected does not answer at %s: %v.", s.name, u.Host, a.err)
	case a.status != http.StatusOK:
		x.fault(Together, "redirect", s.name, nil, "The storage to which %s is redirected answers %d at %s: %.200q.", s.name, a.status, redirect.place(), a.text)
	default:
		x.ok(Together, "redirect", "%s is redirected to %s, which sends %d bytes", s.name, u.Host, a.size)
	}
}
