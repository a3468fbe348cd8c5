package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/front"
)

func newFront(s *settings) *cobra.Command {
	c := &cobra.Command{
		Use:   "front",
		Short: "Print the configuration of the server in front",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("say for which server: `downlink front nginx`, apache, lighttpd or caddy")
			}
			return fmt.Errorf("no configuration can be written for %q: there are nginx, apache, lighttpd and caddy; docs/front-servers.md says how to write one for another", args[0])
		},
	}
	c.AddCommand(newFrontNginx(s), newFrontApache(s), newFrontLighttpd(s), newFrontCaddy(s))
	return c
}

// writer writes the configuration of a front server.
type writer interface{ Write(w io.Writer) error }

// newFrontOf is the command for one front server. fill completes its configuration
// with where Downlink listens and with the locations of its rules.
func newFrontOf(s *settings, name, long, example string, fill func(c *config.Config, l []front.Location) writer) *cobra.Command {
	return &cobra.Command{
		Use:     name + " --config FILE",
		Short:   "Print the configuration of " + name + " for the offload rules",
		Long:    long,
		Example: "  downlink front " + name + " --config downlink.toml " + example,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.config == "" {
				return fmt.Errorf("say for what: --config FILE, with [[offload]] rules in it")
			}
			cfg, err := s.load("")
			if err != nil {
				return err
			}
			all, err := locations(cfg, name)
			if err != nil {
				return err
			}
			if len(all) == 0 {
				return fmt.Errorf("%s has no [[offload]] rule with front = %q: write one, or there is nothing that %s could send", s.config, name, name)
			}
			return fill(cfg, all).Write(cmd.OutOrStdout())
		},
	}
}

func newFrontNginx(s *settings) *cobra.Command {
	var n front.Nginx
	c := newFrontOf(s, download.Nginx, `Print a complete nginx server block for the offload rules of a configuration:
the upstream, and an internal location for each rule. Put it inside http { }.`,
		"--server-name files.example.org > /etc/nginx/conf.d/downlink.conf",
		func(c *config.Config, l []front.Location) writer {
			n.Upstream, n.Admin, n.Locations = c.Server.Listen, c.Admin.Enabled, l
			return n
		})
	c.Flags().StringVar(&n.Listen, "listen", "80", "nginx's listen parameters")
	c.Flags().StringVar(&n.ServerName, "server-name", "_", "nginx's server_name")
	c.Flags().StringVar(&n.Name, "upstream", "downlink", "name of the upstream block")
	c.Flags().StringVar(&n.AccessLog, "access-log", "/var/log/nginx/access.log", "file for nginx's access log, which gets no query, or off")
	c.Flags().StringVar(&n.DownloadsLog, "downloads-log", "", "file in which nginx notes how downloads end, for 'downlink import-log'")
	return c
}

func newFrontApache(s *settings) *cobra.Command {
	var a front.Apache
	c := newFrontOf(s, download.Apache, `Print a virtual host of Apache with mod_xsendfile for the offload rules of a
configuration. Put it among the sites.`,
		"--server-name files.example.org > /etc/apache2/sites-available/downlink.conf",
		func(c *config.Config, l []front.Location) writer {
			a.Upstream, a.Admin, a.Locations = c.Server.Listen, c.Admin.Enabled, l
			return a
		})
	c.Flags().StringVar(&a.Listen, "listen", "*:80", "address of the virtual host; a Listen directive for it is Apache's own")
	c.Flags().StringVar(&a.ServerName, "server-name", "", "Apache's ServerName")
	c.Flags().StringVar(&a.AccessLog, "access-log", "/var/log/apache2/access.log", "file for Apache's access log, which gets no query")
	return c
}

func newFrontLighttpd(s *settings) *cobra.Command {
	var h front.Lighttpd
	c := newFrontOf(s, download.Lighttpd, `Print a part of lighttpd's configuration for the offload rules of a
configuration: the backend, and the directories that lighttpd may send from.`,
		"--server-name files.example.org > /etc/lighttpd/conf-enabled/90-downlink.conf",
		func(c *config.Config, l []front.Location) writer {
			h.Upstream, h.Admin, h.Locations = c.Server.Listen, c.Admin.Enabled, l
			return h
		})
	c.Flags().StringVar(&h.Listen, "listen", "", "host:port of a socket of its own (default: lighttpd's)")
	c.Flags().StringVar(&h.ServerName, "server-name", "", "host name that it is for (default: any)")
	return c
}

func newFrontCaddy(s *settings) *cobra.Command {
	var y front.Caddy
	c := newFrontOf(s, download.Caddy, `Print a site block of a Caddyfile for the offload rules of a configuration:
reverse_proxy, and a handle_response for each rule.`,
		"--site files.example.org > /etc/caddy/downlink.caddy",
		func(c *config.Config, l []front.Location) writer {
			y.Upstream, y.Locations = c.Server.Listen, l
			return y
		})
	c.Flags().StringVar(&y.Site, "site", ":80", "address of the site, as Caddy takes it")
	return c
}

// locations are the places of the rules for a front server, one for each
// destination.
func locations(c *config.Config, server string) ([]front.Location, error) {
	rules, err := rules(c)
	if err != nil {
		return nil, err
	}
	var all []front.Location
	seen := map[string]bool{}
	for _, r := range rules {
		if r.Front != server || seen[r.Destination] {
			continue // checked: the same source under other options
		}
		seen[r.Destination] = true
		l := front.Location{Prefix: r.Destination, OwnPrefix: r.OwnDestination(), Remote: r.Remote}
		if l.Dir, l.Comment, err = whereFiles(c, r); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

// whereFiles is the directory in which the front server finds the files of a rule, ""
// if it gets them elsewhere, and a comment about them.
func whereFiles(c *config.Config, r download.Rule) (dir, comment string, err error) {
	if r.Remote != "" {
		return "", fmt.Sprintf("Files of %q, from another server.", r.Source+r.SourceDir+r.SourceURL), nil
	}
	dir, what, err := sourceDir(c, r)
	if err != nil {
		return "", "", err
	}
	if r.Front == download.Apache || r.Front == download.Lighttpd {
		dir = r.Destination
	}
	return dir, "Files of " + what + ".", nil
}

// sourceDir is the directory that a rule's source comes to, and its name for a
// comment.
func sourceDir(c *config.Config, r download.Rule) (dir, what string, err error) {
	switch {
	case r.Source != "":
		st, _ := c.Store(r.Source) // checked: it exists
		if st.Driver != config.DriverDir {
			return "", "", fmt.Errorf("offload rule for store %q: %s has no directory with its files: take the rule out; clients are sent to %s by delivery = \"redirect\", and nginx fetches them itself by remote", st.Name, r.Front, st.Driver)
		}
		return st.Path, fmt.Sprintf("store %q", r.Source), nil
	case r.SourceDir != "":
		return r.SourceDir, "a directory", nil
	}
	for _, st := range c.Stores {
		if rest, ok := r.Below(st.BaseURL); ok {
			return st.Path + "/" + rest, fmt.Sprintf("store %q by URL", st.Name), nil
		}
	}
	return "", "", fmt.Errorf("source_url %q: no store's base_url holds it, so the front server cannot be told where the files are: give the store a base_url", r.SourceURL)
}
