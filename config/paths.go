package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CheckPaths checks the configuration against the disk: the directories that it
// names are there, and nothing private lies inside one that is served. The
// error is Faults.
func (c *Config) CheckPaths() error {
	r := &report{source: c.source}
	r.checkPaths(c)
	return r.err()
}

// directory is a directory that a configuration names.
type directory struct {
	key, name, path string
	served          bool
}

func (c *Config) directories() (all []directory) {
	for _, s := range c.Stores {
		if s.Name == GeneratedStore && c.Generated.Path != "" {
			continue // below generated.path, and made by Downlink
		}
		all = append(all, directory{"stores." + s.Name + ".path", "path", s.Path, true})
	}
	for i, v := range c.Views {
		all = append(all, directory{fmt.Sprintf("views[%d].root", i), "root", v.Root, true})
	}
	for i, o := range c.Offload {
		all = append(all, directory{fmt.Sprintf("offload[%d].source_dir", i), "source_dir", o.SourceDir, false})
	}
	all = append(all, directory{"generated.path", "path", c.Generated.Path, true})
	return all
}

func (r *report) checkPaths(c *Config) {
	for _, d := range c.directories() {
		if d.path == "" {
			continue
		}
		info, err := os.Stat(d.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			r.fault(d.key, "%s %s does not exist: create the directory, or correct the path", d.name, quote(d.path))
		case err != nil:
			r.fault(d.key, "%s %s cannot be read: %v; correct the path or its permissions", d.name, quote(d.path), errors.Unwrap(err))
		case !info.IsDir():
			r.fault(d.key, "%s %s is not a directory: name the directory that holds the files", d.name, quote(d.path))
		}
	}
	r.checkKeyFiles(c)
	r.checkPrivate(c, "", c.File, "")
	r.checkPrivate(c, "server.data", c.Server.Data, "data")
	r.checkPrivate(c, "catalog.path", c.Catalog.Path, "path")
	r.checkLinkFiles(c)
	r.checkTrackingFiles(c)
	r.checkPrivate(c, "generated.path", c.Generated.Path, "path")
	r.checkFonts(c)
}

// checkPrivate reports a file or folder that must not be served and would be. At
// key the operator said where it is; "" is the configuration itself.
func (r *report) checkPrivate(c *Config, key, path, name string) {
	if path == "" {
		return
	}
	d, err := c.servedFrom(path, key)
	switch {
	case err != nil:
		r.fault(key, "%s cannot be checked: %v; correct the path or its permissions", quote(path), err)
	case d.path == "":
	case key == "":
		r.fault(d.key, "%s %s holds this configuration, which would be served: move one of them", d.name, quote(d.path))
	default:
		r.fault(key, "%s %s lies inside %s, which is served (%s): choose a folder outside", name, quote(path), quote(d.path), r.where(d.key))
	}
}

// where names a key and its line in a sentence.
func (r *report) where(key string) string {
	if r.position(key).line == 0 {
		return key
	}
	return key + ", " + r.line(key)
}

// Exposes returns the served directory that path lies in, "" if it lies in none.
// Links are followed; path need not exist yet.
func (c *Config) Exposes(path string) (string, error) {
	d, err := c.servedFrom(path, "")
	return d.path, err
}

// servedFrom is the served directory that path lies in; that of key itself does not
// count.
func (c *Config) servedFrom(path, key string) (directory, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return directory{}, err
	}
	const mostLinks = 40
	path, err = resolve(path, mostLinks)
	if err != nil {
		return directory{}, err
	}
	for _, d := range c.directories() {
		if d.served && d.path != "" && (d.key != key || key == "") && inside(path, d.path) {
			return d, nil
		}
	}
	return directory{}, nil
}

// resolve follows the links of an absolute path, also of one that does not exist
// yet: then it returns the nearest folder around it that does.
func resolve(path string, links int) (string, error) {
	resolved, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return resolved, err
	}
	target, err := os.Readlink(path)
	switch {
	case err != nil && filepath.Dir(path) == path:
		return "", err
	case err != nil:
		return resolve(filepath.Dir(path), links)
	case links == 0:
		return "", errors.New("too many links")
	case !filepath.IsAbs(target):
		target = filepath.Join(filepath.Dir(path), target)
	}
	return resolve(target, links-1)
}

// inside reports whether path is dir or lies below it, whatever the two are
// called.
func inside(path, dir string) bool {
	want, err := os.Stat(dir)
	if err != nil {
		return false // a fault of its own
	}
	for {
		if got, err := os.Stat(path); err == nil && os.SameFile(got, want) {
			return true
		}
		parent := filepath.Dir(path)
		if parent == path {
			return false
		}
		path = parent
	}
}
