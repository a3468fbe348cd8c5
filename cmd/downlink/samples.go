package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

const (
	mostCandidates = 200     // listed for each view
	mostAsked      = 20      // looked at of those
	bigSample      = 1 << 20 // larger files are asked for only if there is no other
	wholeSample    = 1 << 10 // front servers leave smaller ones uncompressed
)

// samples are URL paths of files that stand for all: one for each view and each rule
// that its files fall under, with a link where one is needed, or one that this request
// may not have if there is no other. Texts of a few kilobytes are taken first, for it is
// those that a front server might compress. without are the patterns of the views that
// have none: their files are not listed anywhere, or there is no file that can be had.
func (s *site) samples(ctx context.Context, fields []string) (targets, without []string) {
	for _, v := range s.config.Views {
		its := s.samplesOf(ctx, v, fields)
		if len(its) == 0 {
			without = append(without, v.Pattern)
		}
		targets = append(targets, its...)
	}
	return targets, without
}

// samplesOf are the samples of a view. No more files are looked at than it takes: each
// may be a request to a bucket.
func (s *site) samplesOf(ctx context.Context, v config.View, fields []string) []string {
	all := s.candidates(ctx, v)
	slices.SortStableFunc(all, func(a, b candidate) int { return b.rank() - a.rank() })
	found := map[*download.Rule]string{}
	denied := ""
	for _, c := range all[:min(len(all), mostAsked)] {
		target := s.signed(v, c.target)
		rule, status := s.ruleOf(ctx, target, fields)
		switch {
		case status == 401 || status == 403:
			denied = target
		case status != 0 && found[rule] == "":
			found[rule] = target
		}
		if len(found) > len(s.config.Offload) { // one for each rule, and one for none
			break
		}
	}
	if len(found) == 0 && denied != "" {
		return []string{denied}
	}
	return slices.Sorted(maps.Values(found))
}

// candidate is a file that may be a sample.
type candidate struct {
	target string
	size   int64
	text   bool
}

func newCandidate(target, key string, size int64) candidate {
	t := core.MediaType(key)
	return candidate{target, size, strings.HasPrefix(t, "text/") || strings.HasSuffix(t, "json") || strings.HasSuffix(t, "xml")}
}

// rank is higher for the better of two. What comes first weighs most.
func (c candidate) rank() (n int) {
	parts, quick, whole := c.size > 2, c.size <= bigSample, c.size >= wholeSample
	for _, good := range [...]bool{parts, quick, c.text, whole} {
		n *= 2
		if good {
			n++
		}
	}
	return n
}

// candidates are files of a view whose URLs are known.
func (s *site) candidates(ctx context.Context, v config.View) (all []candidate) {
	pattern, err := core.ParsePattern(v.Pattern)
	if err != nil {
		return nil // the configuration was checked
	}
	if v.Kind == config.KindObject {
		return s.itemCandidates(ctx, v, pattern)
	}
	prefix, listed := v.ListedBelow()
	store := s.stores[v.Store]
	if v.Kind == config.KindPath {
		dir, err := dirstore.Open(v.Root)
		if err != nil {
			return nil
		}
		defer dir.Close()
		store = storage.New(v.Root, dir)
	}
	if store == nil || !listed {
		return nil
	}
	_ = store.List(ctx, prefix, func(e storage.Entry) bool { // that it cannot be listed is told elsewhere
		if target, ok := pattern.URL(strings.TrimPrefix(e.Key, prefix)); ok {
			all = append(all, newCandidate(target, e.Key, e.Size))
		}
		return len(all) < mostCandidates
	})
	return all
}

func (s *site) itemCandidates(ctx context.Context, v config.View, pattern core.Pattern) (all []candidate) {
	if v.Path != "" || s.catalog == nil {
		return nil
	}
	_ = s.catalog.List(ctx, "", func(it catalog.Item) bool {
		if target, ok := pattern.URL(it.Slug); ok {
			all = append(all, newCandidate(target, it.Key, bigSample))
		}
		return len(all) < mostCandidates
	})
	return all
}

// signed is a target with a short link if the view asks for one and there is a key.
func (s *site) signed(v config.View, target string) string {
	if v.Link != config.LinkRequired || len(s.keys) == 0 {
		return target
	}
	for _, f := range []signing{{method: "GET", expires: "5m"}, {method: "GET"}} { // links may have to be shorter than that
		if link, err := f.sign(s.config, target, time.Now()); err == nil {
			return link
		}
	}
	return target
}

// ruleOf is the rule under which a file falls, nil for none, and the status: 0 if the
// file is not to be had, which can be somebody's application saying where to log in.
func (s *site) ruleOf(ctx context.Context, target string, fields []string) (*download.Rule, int) {
	r, err := parseRequest("GET", target, fields)
	if err != nil {
		return nil, 0
	}
	r.Front = s.frontName()
	a := s.service.Answer(ctx, r)
	defer a.Close()
	if a.Status != 200 && a.Status != 401 && a.Status != 403 && a.Delivery != core.Redirect {
		return nil, 0
	}
	return a.Target.Rule, a.Status
}

// frontName is the front server of the first rule, "" without one.
func (s *site) frontName() string {
	if len(s.config.Offload) == 0 {
		return ""
	}
	return s.config.Offload[0].Front
}
