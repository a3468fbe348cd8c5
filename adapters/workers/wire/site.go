package wire

import (
	"errors"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/core/link"
)

// Site is what is known at build time: the routes, and the rules for signed links.
// The keys of links are secrets and come later, by Unlock.
type Site struct {
	Routes []core.Route
	Links  link.Options // zero if no route requires a link; in whole seconds
}

// siteVersion is the first byte of a site's frame: a module refuses another one.
const siteVersion = 1

// Flags of a route beside inlineFlag.
const (
	unsafeFlag = 2
	linkFlag   = 4
)

// AppendSite appends the frame of a site for Configure. A route that a Worker cannot
// serve is an error: there are no local files, and no views of one's own inside the
// module.
func AppendSite(dst []byte, s Site) ([]byte, error) {
	start := len(dst)
	dst = append(dst, siteVersion)
	dst = appendFloat64(dst, s.Links.MaxLife.Seconds())
	dst = appendFloat64(dst, s.Links.Leeway.Seconds())
	for _, list := range [][]string{s.Links.RevokedIDs, s.Links.RevokedSubjects} {
		dst = appendUint32(dst, uint32(len(list)))
		for _, revoked := range list {
			dst = appendStrings(dst, revoked)
		}
	}
	dst = appendUint32(dst, uint32(len(s.Routes)))
	for _, r := range s.Routes {
		if r.Lookup != core.Object && r.Lookup != core.Item {
			return nil, errors.New("pattern " + r.Pattern + ": a Worker serves the objects of a store and the items of the catalogue, no " + r.Lookup.String())
		}
		dst = appendRoute(dst, r)
	}
	if len(dst)-start > MaxFrame {
		return nil, errors.New("the routes are too many for a Worker")
	}
	_, err := parseSite(dst[start:])
	return dst, err
}

func appendRoute(dst []byte, r core.Route) []byte {
	flags := byte(0)
	if r.Options.Inline {
		flags |= inlineFlag
	}
	if r.Options.InlineUnsafe {
		flags |= unsafeFlag
	}
	if r.LinkRequired {
		flags |= linkFlag
	}
	dst = append(dst, byte(r.Lookup), flags)
	return appendStrings(dst, r.Pattern, r.Source, r.Path, r.Field, r.Options.Basename, r.Options.MediaType,
		r.Options.Encoding, r.Options.Charset, r.Options.CacheControl)
}

// parseSite reads a site's frame.
func parseSite(frame []byte) (s Site, err error) {
	r := newReader(frame)
	if r.byte() != siteVersion {
		return s, ErrFrame
	}
	s.Links.MaxLife = time.Duration(r.integer()) * time.Second
	s.Links.Leeway = time.Duration(r.integer()) * time.Second
	s.Links.RevokedIDs, s.Links.RevokedSubjects = r.list(), r.list()
	for n := r.uint32(); n > 0 && !r.bad; n-- {
		s.Routes = append(s.Routes, r.route())
	}
	if err := r.end(); err != nil {
		return s, err
	}
	_, err = core.NewSite(s.Routes)
	return s, err
}

func (r *reader) list() (list []string) {
	for n := r.uint32(); n > 0 && !r.bad; n-- {
		var s string
		r.strings(&s)
		list = append(list, s)
	}
	return list
}

func (r *reader) route() (c core.Route) {
	c.Lookup = core.Lookup(r.byte())
	r.bad = r.bad || c.Lookup != core.Object && c.Lookup != core.Item
	flags := r.byte()
	c.Options.Inline, c.Options.InlineUnsafe = flags&inlineFlag != 0, flags&unsafeFlag != 0
	c.LinkRequired = flags&linkFlag != 0
	r.strings(&c.Pattern, &c.Source, &c.Path, &c.Field, &c.Options.Basename, &c.Options.MediaType,
		&c.Options.Encoding, &c.Options.Charset, &c.Options.CacheControl)
	return c
}
