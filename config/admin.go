package config

import (
	"fmt"
	"math"
	"net/url"
	"os"
	"strings"
	"time"
)

// AdminPath is where the admin is.
const AdminPath = "/admin/"

// Admin is the web pages by which people look after the site.
type Admin struct {
	Enabled bool   `toml:"enabled"`
	URL     string `toml:"url"`   // of the site, ends with a slash; "" if it is not known
	Store   string `toml:"store"` // of uploads; "" is the first
	// MaxUpload is the most bytes of a file that is uploaded; Unlimited: any number.
	MaxUpload Bytes `toml:"max_upload" default:"10g"`
	// DirectUploads has browsers send files to the bucket themselves.
	DirectUploads bool          `toml:"direct_uploads"`
	Session       time.Duration `toml:"session" default:"12h"`
	OIDC          OIDC          `toml:"oidc"`
}

// MostUploaded is the most bytes of a file that is uploaded, as a number.
func (a Admin) MostUploaded() int64 {
	if a.MaxUpload == Unlimited {
		return math.MaxInt64
	}
	return int64(a.MaxUpload)
}

// UploadStore is the name of the store that uploads go to, "" if there is none.
func (c *Config) UploadStore() string {
	if c.Admin.Store == "" && len(c.Stores) > 0 {
		return c.Stores[0].Name
	}
	return c.Admin.Store
}

// OIDC is a provider of OpenID Connect by which people log in to the admin.
type OIDC struct {
	Issuer          string   `toml:"issuer"` // "" without one
	ClientID        string   `toml:"client_id"`
	ClientSecretEnv string   `toml:"client_secret_env"`
	Emails          []string `toml:"emails"`
	Groups          []string `toml:"groups"`
}

// Secret is the client's secret, from the environment.
func (o OIDC) Secret() (string, error) {
	secret := os.Getenv(o.ClientSecretEnv)
	if secret == "" {
		return "", fmt.Errorf("[admin.oidc] client_secret_env: the environment variable %s is not set or empty: set it to the secret that the provider gave you", o.ClientSecretEnv)
	}
	return secret, nil
}

func (r *report) checkAdmin(c *Config) {
	if !r.has("admin") {
		return
	}
	a := c.Admin
	if !isSite(a.URL, "http", "https") && a.URL != "" {
		r.fault("admin.url", `url %s: write the site's own URL, such as "https://files.example.org"`, quote(a.URL))
	}
	if a.Store != "" {
		r.checkStore(c, "admin.store", a.Store)
	}
	if a.DirectUploads {
		r.checkDirect(c)
	}
	if r.has("admin.oidc") {
		r.checkOIDC(a)
	}
	for i, v := range c.Views {
		if a.Enabled && strings.HasPrefix(v.Pattern+"/", AdminPath) {
			r.fault(fmt.Sprintf("views[%d].pattern", i), "pattern %s: the admin is there; choose another", quote(v.Pattern))
		}
	}
}

// checkDirect wants a store to which others can send files.
func (r *report) checkDirect(c *Config) {
	for _, s := range c.Stores {
		if s.Name == c.UploadStore() && s.Driver != DriverS3 {
			r.fault("admin.direct_uploads", "direct_uploads: browsers can send files themselves only to a store with driver = %q, which %s is not", DriverS3, quote(s.Name))
		}
	}
}

func (r *report) checkOIDC(a Admin) {
	o := a.OIDC
	for _, k := range [...]struct{ name, value, example string }{
		{"issuer", o.Issuer, "https://login.example.org"}, {"client_id", o.ClientID, "downlink"}, {"client_secret_env", o.ClientSecretEnv, "DOWNLINK_OIDC_SECRET"},
	} {
		if k.value == "" {
			r.fault("admin.oidc."+k.name, "%s is missing: write it, for example %s = %q", k.name, k.name, k.example)
		}
	}
	if o.Issuer != "" && !isSite(o.Issuer, "https") && !isLoopback(o.Issuer) {
		r.fault("admin.oidc.issuer", `issuer %s: write the provider's URL as it says it itself, such as "https://login.example.org"`, quote(o.Issuer))
	}
	if len(o.Emails)+len(o.Groups) == 0 {
		r.fault("admin.oidc", `nobody could log in: write emails = ["anna@example.org"] or groups = ["downlink"]`)
	}
	if a.URL == "" {
		r.fault("admin.url", `url is missing: the provider sends people back to it; write the site's own URL, such as "https://files.example.org"`)
	}
}

// isSite reports whether text is an absolute URL of one of the schemes, without user,
// query and fragment.
func isSite(text string, schemes ...string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(text, "?#") || !isPrintable(text) {
		return false
	}
	for _, scheme := range schemes {
		if u.Scheme == scheme {
			return true
		}
	}
	return false
}

// isLoopback reports whether a URL is of a server on this machine, where http does.
func isLoopback(text string) bool {
	u, err := url.Parse(text)
	return err == nil && isSite(text, "http") && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1")
}
