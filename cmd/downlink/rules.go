package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/download"
)

// rules are the offload rules. Those for Apache and lighttpd that name no
// destination get the directory of their source.
func rules(c *config.Config) ([]download.Rule, error) {
	all := make([]download.Rule, len(c.Offload))
	for i := range c.Offload {
		all[i] = download.Rule(c.Offload[i])
		r := &all[i]
		if r.Front != download.Apache && r.Front != download.Lighttpd {
			continue
		}
		if r.Destination == "" {
			dir, _, err := sourceDir(c, *r)
			if err != nil {
				return nil, err
			}
			r.Destination = strings.TrimRight(withoutLinks(dir), "/") + "/"
		}
		if r.Destination == "/" {
			return nil, fmt.Errorf("offload rule for %s: its source is %q, which would let it send every file of the machine", r.Front, "/")
		}
		if r.Front == download.Apache && strings.ContainsAny(r.Destination, "%") {
			return nil, fmt.Errorf("offload rule for apache: directory %q: mod_xsendfile's versions disagree about %q in a path: rename it", r.Destination, "%")
		}
	}
	return all, nil
}

// withoutLinks is the directory by the name that links lead to, as lighttpd wants
// it, which follows none; the name itself if it is not there.
func withoutLinks(dir string) string {
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		return resolved
	}
	return dir
}
