package config

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core/link"
)

// LinkRequired as a view's Link lets only requests with a signed link in.
const LinkRequired = "required"

// Links is how signed links are signed and verified.
type Links struct {
	MaxLife time.Duration  `toml:"max_life" default:"168h"`
	Leeway  *time.Duration `toml:"leeway" off:"true"`   // nil: none
	Resume  time.Duration  `toml:"resume" default:"1h"` // of a link with a use limit
	Revoked string         `toml:"revoked"`             // path of a file; "" without one
	Keys    []LinkKey      `toml:"keys"`                // the first one signs
}

// LinkKey is a key of signed links. Its secret is in a file or in the environment,
// not in the configuration.
type LinkKey struct {
	ID         string `toml:"id" required:"2026-07"`
	SecretFile string `toml:"secret_file"`
	SecretEnv  string `toml:"secret_env"`
}

const (
	maxLeeway = time.Minute
	mostKeys  = 16
)

// HasLinks reports whether there are keys for signed links.
func (c *Config) HasLinks() bool { return len(c.Links.Keys) > 0 }

// LinkKey is the key called id, the first one if id is "".
func (c *Config) LinkKey(id string) (LinkKey, error) {
	for _, k := range c.Links.Keys {
		if id == "" || k.ID == id {
			return k, nil
		}
	}
	if id == "" {
		return LinkKey{}, fmt.Errorf("there is no key for signed links: write [[links.keys]] with id and secret_file")
	}
	return LinkKey{}, fmt.Errorf("there is no key called %q below [[links.keys]]", id)
}

// Key reads the secret. No error tells any of it.
func (k LinkKey) Key() (link.Key, error) {
	secret, err := readSecret(k.SecretFile, k.SecretEnv)
	if err != nil {
		return link.Key{}, fmt.Errorf("secret of the key %q: %w", k.ID, err)
	}
	key, err := link.NewKey(k.ID, []byte(secret))
	if err != nil {
		return link.Key{}, fmt.Errorf("key %q: %w", k.ID, err)
	}
	return key, nil
}

// Options are the rules for links, with what the file of revoked ones says now.
func (l Links) Options() (link.Options, error) {
	if l.Revoked == "" {
		return l.OptionsRevoking("", nil)
	}
	text, err := os.ReadFile(l.Revoked)
	if err != nil {
		return link.Options{}, err
	}
	return l.OptionsRevoking(l.Revoked, text)
}

// OptionsRevoking are the rules for links with the text of the file of revoked ones,
// which faults in it are said to be in.
func (l Links) OptionsRevoking(file string, text []byte) (o link.Options, err error) {
	o.MaxLife = l.MaxLife
	if l.Leeway != nil {
		o.Leeway = *l.Leeway
	}
	o.RevokedIDs, o.RevokedSubjects, err = parseRevoked(file, text)
	return o, err
}

// ReadKeys reads the secrets.
func (l Links) ReadKeys() ([]link.Key, error) {
	var keys []link.Key
	for _, k := range l.Keys {
		key, err := k.Key()
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// parseRevoked reads the text of a file of revoked links: "id ID" or "subject TEXT" a
// line; empty lines and those that begin with "#" say nothing.
func parseRevoked(path string, text []byte) (ids, subjects []string, err error) {
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		switch {
		case line == "" || line[0] == '#':
		case word == "id" && rest != "":
			ids = append(ids, rest)
		case word == "subject" && rest != "":
			subjects = append(subjects, rest)
		default:
			return nil, nil, fmt.Errorf(`%s:%d: write "id ID" or "subject TEXT"`, path, n)
		}
	}
	return ids, subjects, nil
}

func (r *report) checkLinks(c *Config) {
	l := c.Links
	if r.has("links") && len(l.Keys) == 0 && !r.faulty("links.keys") {
		r.fault("links", "keys are missing: write [[links.keys]] with id and secret_file")
	}
	if len(l.Keys) > mostKeys {
		r.fault("links.keys", "there are %d keys: take out those whose links have all expired; %d may stay", len(l.Keys), mostKeys)
	}
	if l.MaxLife < time.Second {
		r.fault("links.max_life", `max_life must be a second or more, such as "168h"`)
	}
	if l.Leeway != nil && *l.Leeway > maxLeeway {
		r.fault("links.leeway", `leeway is for clocks that differ a little: write at most "60s"`)
	}
	for i := range l.Keys {
		r.checkLinkKey(l.Keys, i)
	}
	r.checkClients(c)
}

// checkClients checks that clients of links can be told apart behind a front server.
func (r *report) checkClients(c *Config) {
	const key = "server.client_address_header"
	if !c.HasLinks() || len(c.Offload) == 0 || !c.isFor(OnServer) || c.Server.ClientAddressHeader != "" || r.faulty(key) {
		return
	}
	r.faultAt(r.position("links.keys[0]"), key, `client_address_header is missing: behind a front server, links for a network and with a use limit need it to tell clients apart; write client_address_header = "X-Forwarded-For" below [server]`)
}

func (r *report) checkLinkKey(keys []LinkKey, i int) {
	k, path := keys[i], fmt.Sprintf("links.keys[%d]", i)
	if k.ID != "" && !isKeyID(k.ID) {
		r.fault(path+".id", `id %s: use 1 to 32 letters, digits, - _ and ., such as "2026-07"`, quote(k.ID))
	}
	for j, other := range keys[:i] {
		if other.ID == k.ID && k.ID != "" {
			r.fault(path+".id", "id %s is taken by the key on %s: choose another", quote(k.ID), r.line(fmt.Sprintf("links.keys[%d]", j)))
		}
	}
	if k.SecretFile == "" && k.SecretEnv == "" {
		r.fault(path, "the secret is missing: write secret_file with the path of a file that has it, or secret_env with the name of an environment variable")
		return
	}
	r.checkSecret(path, k.SecretFile, k.SecretEnv, "write a key for each", "DOWNLINK_LINK_KEY")
}

// isKeyID reports whether links can name a key so.
func isKeyID(s string) bool {
	for _, c := range s {
		if !isWord(c) && c != '.' {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// isVariable reports whether s can be the name of an environment variable.
func isVariable(s string) bool {
	for i, c := range s {
		if !isWord(c) || c == '-' || i == 0 && c >= '0' && c <= '9' {
			return false
		}
	}
	return s != ""
}

// checkLinkFiles reads the secrets and the file of revoked links.
func (r *report) checkLinkFiles(c *Config) {
	for i, k := range c.Links.Keys {
		_, err := k.Key()
		r.checkSecretText(c, fmt.Sprintf("links.keys[%d]", i), k.SecretFile, err)
	}
	if c.Links.Revoked == "" {
		return
	}
	if _, err := c.Links.Options(); err != nil {
		r.fault("links.revoked", "revoked: %v; the file may be empty, but it must be there", err)
	}
	r.checkPrivate(c, "links.revoked", c.Links.Revoked, "revoked")
}
