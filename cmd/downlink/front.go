package main

import (
	"fmt"

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
				return fmt.Errorf("say for which server: `downlink front nginx`")
			}
			return fmt.Errorf("no configuration can be written for %q yet: there is nginx", args[0])
		},
	}
	c.AddCommand(newFrontNginx(s))
	return c
}

func newFrontNginx(s *settings) *cobra.Command {
	var n front.Nginx
	c := &cobra.Command{
		Use:   "nginx --config FILE",
		Short: "Print an nginx server block for the offload rules",
		Long: `Print a complete nginx server block for the offload rules of a configuration:
the upstream, and an internal location for each rule. Put it inside http { }.`,
		Example: "  downlink front nginx --config downlink.toml --server-name files.example.org > /etc/nginx/conf.d/downlink.conf",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.config == "" {
				return fmt.Errorf("say for what: --config FILE, with [[offload]] rules in it")
			}
			cfg, err := s.load("")
			if err != nil {
				return err
			}
			n.Upstream = cfg.Server.Listen
			if n.Locations, err = locations(cfg); err != nil {
				return err
			}
			return n.Write(cmd.OutOrStdout())
		},
	}
	c.Flags().StringVar(&n.Listen, "listen", "80", "nginx's listen parameters")
	c.Flags().StringVar(&n.ServerName, "server-name", "_", "nginx's server_name")
	c.Flags().StringVar(&n.Name, "upstream", "downlink", "name of the upstream block")
	return c
}

// locations are the internal locations of the rules, one for each destination.
func locations(c *config.Config) ([]front.Location, error) {
	var all []front.Location
	seen := map[string]bool{}
	for i := range c.Offload {
		r := download.Rule(c.Offload[i])
		if seen[r.Destination] {
			continue // checked: the same source under other options
		}
		seen[r.Destination] = true
		dir, what, err := sourceDir(c, r)
		if err != nil {
			return nil, err
		}
		all = append(all, front.Location{
			Comment: "Files of " + what + ".",
			Prefix:  r.Destination, OwnPrefix: r.OwnDestination(), Dir: dir,
		})
	}
	return all, nil
}

// sourceDir is the directory that a rule's source comes to, and its name for a
// comment.
func sourceDir(c *config.Config, r download.Rule) (dir, what string, err error) {
	switch {
	case r.Source != "":
		st, _ := c.Store(r.Source) // checked: it exists
		if st.Driver != config.DriverDir {
			return "", "", fmt.Errorf("offload rule for store %q: nginx has no directory with its files: take the rule out; clients are sent to %s by delivery = \"redirect\"", st.Name, st.Driver)
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
	return "", "", fmt.Errorf("source_url %q: no store's base_url holds it, so nginx cannot be told where the files are: give the store a base_url", r.SourceURL)
}
