package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/downlink-go/downlink/adapters/forwardauth"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/download"
)

// loadForLinks is the configuration whose links are signed: of a server or, if it is
// for Workers only, of Workers, whose secrets are in the environment here.
func (s *settings) loadForLinks() (*config.Config, error) {
	if s.config == "" {
		return nil, errors.New("say with which keys: --config FILE, with [[links.keys]] in it")
	}
	c, err := config.Load(s.config)
	if err != nil {
		return nil, err
	}
	if all := c.Platforms(); len(all) > 0 { // a server is the first
		return c.For(all[0])
	}
	return c, nil
}

// saySomething refuses flags that are written and empty, as a variable of the shell
// is that was never set: without a limit that was meant, a link grants more than it
// should.
func saySomething(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if f.Value.String() == "" {
			err = errors.Join(err, fmt.Errorf("--%s is empty: write something, or leave the flag out", f.Name))
		}
	})
	return err
}

// forwardAuth asks the application of the configuration; nil without one.
func (s *site) forwardAuth() (download.Allow, error) {
	f := s.config.ForwardAuth
	if f.URL == "" {
		return nil, nil
	}
	c, err := forwardauth.New(forwardauth.Options{
		URL: f.URL, Timeout: f.Timeout, Fields: f.Headers, LoginRedirect: f.LoginRedirect,
		FrontSetsProto: s.config.Server.ClientAddressHeader != "",
	})
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, c)
	return c.Allow, nil
}

// setLinks gives the service its keys, if there are any, and the links that are revoked
// now. uses counts the downloads by links and of items with a limit.
func (s *site) setLinks(uses download.Uses) error {
	l := download.Links{Uses: uses, Resume: s.config.Links.Resume}
	if len(s.keys) > 0 {
		o, err := s.config.Links.Options()
		if err != nil {
			return err
		}
		if l.Verifier, err = link.NewVerifier(s.keys, o); err != nil {
			return err
		}
	}
	s.service.SetLinks(l)
	return nil
}

const (
	lookAgain   = 2 * time.Second // at the file of revoked links
	forgetAgain = time.Hour       // the uses that count no more
)

// watchLinks has the service know what is revoked while it runs, and forgets the
// uses of links that have expired and who can no longer go on with a download, until
// ctx ends. A file of revoked links that cannot be read leaves what was revoked before.
func (s *site) watchLinks(ctx context.Context, log *slog.Logger) {
	look, forget := time.NewTicker(lookAgain), time.NewTicker(forgetAgain)
	defer look.Stop()
	defer forget.Stop()
	known := revisionOf(s.config.Links)
	for {
		select {
		case <-ctx.Done():
			return
		case <-forget.C:
			// The leeway for clocks is shorter than this.
			if err := s.items.ForgetUses(ctx, time.Now().Add(-forgetAgain)); err != nil && ctx.Err() == nil {
				log.Error("forget the uses of expired links and of downloads long ago", "cause", err.Error())
			}
		case <-look.C:
			now := revisionOf(s.config.Links)
			if now == known {
				continue
			}
			known = now
			if err := s.setLinks(s.items); err != nil {
				log.Error("read the revoked links again: those of before stay revoked", "cause", err.Error())
				continue
			}
			log.Info("revoked links were read again", "file", s.config.Links.Revoked)
		}
	}
}

// revision is what changes with a file.
type revision struct {
	modified time.Time
	size     int64
	missing  bool
}

func revisionOf(l config.Links) revision {
	if l.Revoked == "" {
		return revision{}
	}
	info, err := os.Stat(l.Revoked)
	if err != nil {
		return revision{missing: true}
	}
	return revision{modified: info.ModTime(), size: info.Size()}
}

// peeking tells what would happen to a link with a use limit, and counts nothing.
type peeking struct{ items }

// Use reports whether a download is left.
func (p peeking) Use(ctx context.Context, u catalog.Use) (bool, error) {
	n, err := p.Uses(ctx, u.Link)
	return n < u.Max, err
}
