package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/downlink-go/downlink/adapters/workers"
	"github.com/downlink-go/downlink/adapters/workers/pages"
	"github.com/downlink-go/downlink/adapters/workers/wire"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/config"
)

// modules are the JavaScript of the Worker: the shim, what it has to know of the
// site, and Go's own part in JavaScript, which belongs to the compiler's version.
func modules(c *config.Config) (map[string][]byte, error) {
	made := map[string][]byte{}
	names, err := fs.Glob(workers.Shim, "shim/*.mjs")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if made[filepath.Base(name)], err = workers.Shim.ReadFile(name); err != nil {
			return nil, err
		}
	}
	s, err := site(c)
	if err != nil {
		return nil, err
	}
	if made["site.mjs"], err = s.Module(); err != nil {
		return nil, err
	}
	if made["offer.mjs"], err = offer(c).Module(); err != nil {
		return nil, err
	}
	made["wasm_exec.js"], err = wasmExec()
	return made, err
}

// site is what downloads need to know. The secrets of signed links are not in it,
// only under which names `wrangler secret put` puts them.
func site(c *config.Config) (workers.Site, error) {
	s := workers.Site{
		Site:   wire.Site{Routes: c.Routes()},
		Stores: map[string]string{}, Secrets: map[string]string{}, Resume: c.Links.Resume,
	}
	for _, st := range c.Stores {
		s.Stores[st.Name] = st.Binding
	}
	if c.Catalog.Driver == config.DriverD1 {
		s.Catalog = c.Catalog.Binding
	}
	for _, k := range c.Links.Keys {
		s.Secrets[k.ID] = k.SecretEnv
	}
	var err error
	s.Links, err = c.Links.Options()
	return s, err
}

// offer is what the pages need to know.
func offer(c *config.Config) (s pages.Site) {
	for _, v := range c.Views {
		below, listed := v.ListedBelow()
		switch {
		case v.Kind == config.KindObject && v.Path == "" && v.Field == "" && s.Catalog == "":
			s.Catalog, s.Item = c.Catalog.Binding, v.Pattern
		case v.Kind == config.KindObject && v.Path == "" && v.Field == catalog.ImageField:
			s.Image = v.Pattern
		case v.List && listed:
			st, _ := c.Store(v.Store)
			s.Files = append(s.Files, pages.Listing{Store: st.Name, Bucket: st.Binding, Prefix: below, Pattern: v.Pattern})
		}
	}
	return s
}

func wasmExec() ([]byte, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("ask Go where it is: %w", err)
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "lib", "wasm", "wasm_exec.js"))
}
