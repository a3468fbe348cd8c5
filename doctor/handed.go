package doctor

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
)

// handOver are the fields by which the front server is told to send a file.
func (x *exam) handOver() []string {
	names := []string{"X-Accel-Redirect", "X-Sendfile"}
	for i := range x.Rules {
		if field := x.Rules[i].Field; field != "" {
			names = append(names, field)
		}
	}
	return names
}

// handed finds out what the front server is to be told of a sample.
func (x *exam) handed(s *sample) {
	if x.Handler == nil {
		return
	}
	a := x.here(x.Handler, x.fronted(s.target))
	for _, name := range x.handOver() {
		if value, ok := a.one(name); ok {
			s.handed, s.field = value, name
		}
	}
	if s.handed == "" {
		return
	}
	path, err := url.PathUnescape(s.handed)
	if err != nil {
		path = s.handed
	}
	for i := range x.Rules {
		r := &x.Rules[i]
		for _, prefix := range [...]string{r.Destination, r.OwnDestination()} {
			if rest, ok := strings.CutPrefix(path, prefix); ok && s.rule == nil {
				s.rule, s.file, s.rest = r, x.local(r, rest), string(core.AppendEscapedPath(nil, rest))
			}
		}
	}
}

// local is the path of a rule's file, "" if it is not on this machine's disk.
func (x *exam) local(r *download.Rule, rest string) string {
	dir := x.dir(r)
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, filepath.FromSlash(rest))
}

// dir is the directory of a rule's files, "" if the front server gets them elsewhere.
func (x *exam) dir(r *download.Rule) string {
	if r.Remote != "" {
		return ""
	}
	if r.SourceDir != "" {
		return r.SourceDir
	}
	for _, s := range x.Stores {
		root, ok := s.LocalPath("")
		base, _ := s.URL("")
		below, within := r.Below(base)
		switch {
		case !ok:
		case r.Source == s.Name():
			return root
		case r.SourceURL != "" && within:
			return filepath.Join(root, filepath.FromSlash(below))
		}
	}
	return ""
}

// files names a rule's source in a sentence.
func files(r *download.Rule) string {
	switch {
	case r.Source != "":
		return "the files of store \"" + r.Source + "\""
	case r.SourceDir != "":
		return "the files in " + r.SourceDir
	}
	return "the files at " + r.SourceURL
}
