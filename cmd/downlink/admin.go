package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/config"
)

// openAdmin puts the admin of the site together.
func (s *site) openAdmin(_ context.Context, downloads *nethttp.Handler, log *slog.Logger) error {
	a := s.config.Admin
	db, err := s.adminDatabase()
	if err != nil {
		return err
	}
	o := admin.Options{Log: log, Database: db, Session: a.Session, Client: downloads.ClientAddress, Secure: s.secure}
	if a.OIDC.Issuer != "" {
		secret, err := a.OIDC.Secret()
		if err != nil {
			return err
		}
		o.OIDC = &admin.OIDC{
			Issuer: a.OIDC.Issuer, ClientID: a.OIDC.ClientID, ClientSecret: secret, URL: a.URL, Emails: a.OIDC.Emails, Groups: a.OIDC.Groups,
		}
	}
	s.admin = admin.New(o)
	return nil
}

// secure reports whether a client speaks https: with us or, by its own word, with the
// front server that tells us of clients.
func (s *site) secure(r *http.Request) bool {
	if r.TLS != nil || strings.HasPrefix(s.config.Admin.URL, "https:") {
		return true
	}
	return s.config.Server.ClientAddressHeader != "" && r.Header.Get("X-Forwarded-Proto") == "https"
}

// announceAdmin says where the admin is and, as long as it has no account, by which
// link to make one.
func (s *site) announceAdmin(ctx context.Context, out io.Writer, l net.Listener) error {
	if s.admin == nil {
		return nil
	}
	at := siteURL(s.config.Admin.URL, address(l))
	fmt.Fprintf(out, "  %-24s the admin\n", admin.Path)
	path, err := s.admin.SetUp(ctx)
	if err != nil || path == "" {
		return err
	}
	fmt.Fprintf(out, "Make the first account of the admin, once and within 24 hours, at\n  %s\n", at+strings.TrimPrefix(path, "/"))
	return nil
}

// siteURL is the site's URL, with a slash at its end: the one of the configuration, or
// where it listens if browsers can go there.
func siteURL(configured, listening string) string {
	switch {
	case configured != "":
		return configured
	case strings.HasPrefix(listening, "http"):
		return listening
	}
	return "https://your-site.example/"
}

func newAdmin(s *settings) *cobra.Command {
	c := &cobra.Command{
		Use:   "admin",
		Short: "Say who may use the admin",
		RunE: func(_ *cobra.Command, _ []string) error {
			return errors.New("say what to do: `downlink admin link NAME`, `downlink admin list` or `downlink admin remove NAME`")
		},
	}
	c.AddCommand(newAdminLink(s), newAdminList(s), newAdminRemove(s))
	return c
}

func newAdminLink(s *settings) *cobra.Command {
	var life time.Duration
	c := &cobra.Command{
		Use:   "link NAME",
		Short: "Print a link by which somebody chooses a password",
		Long: `Print a link by which somebody chooses a password for the admin, once: for a new
account, or for one whose password was forgotten. Whoever has the link can use it.
The old password is good until then.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := admin.CheckName(args[0]); err != nil {
				return err
			}
			return s.withAccounts(func(a *admin.Accounts, url string) error {
				token, err := a.Link(cmd.Context(), args[0], time.Now().Add(life))
				if err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), url+strings.TrimPrefix(admin.LinkPath(token), "/"))
				return nil
			})
		},
	}
	c.Flags().DurationVar(&life, "expires", time.Hour, "how long the link is good")
	return c
}

func newAdminList(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Print the names of those who have a password",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withAccounts(func(a *admin.Accounts, _ string) error {
				names, err := a.Names(cmd.Context())
				for _, name := range names {
					fmt.Fprintln(cmd.OutOrStdout(), name)
				}
				return err
			})
		},
	}
}

func newAdminRemove(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove an account; whoever is logged in with it is logged out",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withAccounts(func(a *admin.Accounts, _ string) error {
				return a.Remove(cmd.Context(), args[0])
			})
		},
	}
}

// withAccounts opens the accounts in the catalogue's database of --config, or of the
// data folder. url is the site's, with a slash at its end.
func (s *settings) withAccounts(do func(a *admin.Accounts, url string) error) (err error) {
	cfg := config.ForDir("")
	if s.config != "" {
		if cfg, err = s.load(""); err != nil {
			return err
		}
	}
	path, err := s.catalogPath(cfg)
	if err != nil {
		return err
	}
	db, err := sqlcat.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	listening := ""
	if network, at := cfg.Server.Address(); network == "tcp" {
		listening = "http://" + at + "/"
	}
	return do(admin.NewAccounts(db), siteURL(cfg.Admin.URL, listening))
}
