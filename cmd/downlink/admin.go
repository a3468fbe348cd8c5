package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/doctor"
	"github.com/downlink-go/downlink/internal/views"
	"github.com/downlink-go/downlink/storage"
)

// openAdmin puts the admin of the site together.
func (s *site) openAdmin(downloads *nethttp.Handler, log *slog.Logger, l net.Listener) error {
	a := s.config.Admin
	var err error
	o := admin.Options{
		Log: log, Records: s.adminRecords(), Catalog: s.catalog, Counter: s.items, Session: a.Session, Client: downloads.ClientAddress, Secure: s.secure,
		URL: a.URL, Uploads: s.uploads, MaxUpload: a.MostUploaded(), Direct: a.DirectUploads,
	}
	for _, st := range s.config.Stores {
		if st.Name != config.GeneratedStore {
			o.Stores = append(o.Stores, s.stores[st.Name])
		}
	}
	if o.Store, err = s.uploadStore(); err != nil {
		return err
	}
	if o.OIDC, err = s.provider(); err != nil {
		return err
	}
	o.Item, o.Version = views.ItemPaths(s.config)
	if len(s.keys) > 0 {
		o.Sign = func(path string, w admin.Wish) (string, error) {
			f := signing{expires: w.Life.String(), name: w.Name, subject: w.Subject, uses: w.Uses, method: "GET"}
			return f.sign(s.config, path, time.Now())
		}
	}
	o.Examine = s.examiner(l.Addr())
	s.admin, err = admin.New(o)
	return err
}

// examiner examines the site where it listens, as `downlink doctor` does.
func (s *site) examiner(at net.Addr) func(context.Context) (*doctor.Report, error) {
	app := at.String()
	if at.Network() == "unix" {
		app = "unix:" + app
	}
	return func(ctx context.Context) (*doctor.Report, error) {
		x := examination{site: doctor.Site{App: app}}
		return x.examine(ctx, s.settings, s.config)
	}
}

// uploadStore is the store that uploads go to: the one that the configuration names, or
// its first.
func (s *site) uploadStore() (*storage.Store, error) {
	name := s.config.UploadStore()
	st := s.stores[name]
	if st == nil {
		return nil, errors.New("the admin needs a store for what is uploaded: write [stores.NAME] into the configuration")
	}
	if !st.Writable() {
		return nil, fmt.Errorf("store %q cannot be written to: write store = \"NAME\" of another into [admin]", name)
	}
	return st, nil
}

// provider is the provider of OpenID Connect, nil without one.
func (s *site) provider() (*admin.OIDC, error) {
	o := s.config.Admin.OIDC
	if o.Issuer == "" {
		return nil, nil
	}
	secret, err := o.Secret()
	return &admin.OIDC{
		Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: secret, URL: s.config.Admin.URL, Emails: o.Emails, Groups: o.Groups,
	}, err
}

// addAdmin enables the admin. Without a configuration, uploads go to a store of their
// own in the data folder: they are drafts, and the folder is everybody's.
func (s *settings) addAdmin(c *config.Config) error {
	c.Admin.Enabled = true
	if s.config != "" {
		return nil
	}
	folder, err := s.uploadsFolder(c)
	if err != nil {
		return err
	}
	c.AddUploads(folder)
	return os.MkdirAll(folder, 0o700)
}

// tidyUploads looks after uploads, at the start and each hour, until ctx ends: those
// that an end of the process left whole become items, what it left of others is
// removed.
func (s *site) tidyUploads(ctx context.Context, log *slog.Logger) {
	if s.admin == nil {
		return
	}
	hour := time.NewTicker(time.Hour)
	defer hour.Stop()
	for {
		err := errors.Join(s.admin.Sweep(ctx), s.removeParts(ctx))
		if err != nil && ctx.Err() == nil {
			log.Error("tidy uploads", "cause", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-hour.C:
		}
	}
}

// removeParts removes from stores what processes left behind that were killed as they
// wrote a file, a day ago or longer.
func (s *site) removeParts(ctx context.Context) (err error) {
	const day = 24 * time.Hour
	for _, dir := range s.dirs {
		_, e := dir.RemoveParts(ctx, time.Now().Add(-day))
		err = errors.Join(err, e)
	}
	return err
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
				err := a.Remove(cmd.Context(), args[0])
				if errors.Is(err, admin.ErrNoAccount) {
					err = fmt.Errorf("%w: `downlink admin list` prints those that there are", err)
				}
				return err
			})
		},
	}
}

// withAccounts opens the accounts of --config, or of the data folder. url is the site's, with a slash at its end.
func (s *settings) withAccounts(do func(a *admin.Accounts, url string) error) (err error) {
	cfg := config.ForDir("")
	if s.config != "" {
		if cfg, err = s.load(""); err != nil {
			return err
		}
	}
	x := &site{config: cfg, settings: s}
	if x.items, _, err = s.openItems(cfg); err != nil {
		return err
	}
	x.closers = append(x.closers, x.items)
	defer func() { err = errors.Join(err, x.Close()) }()
	listening := ""
	if network, at := cfg.Server.Address(); network == "tcp" {
		listening = "http://" + at + "/"
	}
	return do(admin.NewAccounts(x.adminRecords()), siteURL(cfg.Admin.URL, listening))
}
