// Command build makes the Cloudflare Worker of a site: the modules that `wrangler`
// uploads, from downlink.toml. It needs nothing but Go. wrangler.toml runs it.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/internal/building"
)

// demo is the configuration where nobody has written one.
const demo = "infra/workers/downlink.toml"

func main() {
	var b builder
	building.ConfigVar(&b.config, demo)
	flag.StringVar(&b.wrangler, "wrangler", "wrangler.toml", "wrangler's configuration, whose bindings are checked if it is there")
	flag.StringVar(&b.out, "out", filepath.Join("build", "worker"), "folder for the modules")
	building.Run(b.build)
}

// builder knows where everything is.
type builder struct{ config, wrangler, out string }

// build makes the modules and says what they weigh.
func (b *builder) build(log io.Writer) error {
	c, err := load(b.config)
	if err != nil {
		return err
	}
	if err := checkBindings(c, b.wrangler); err != nil {
		return err
	}
	made, err := modules(c)
	if err != nil {
		return err
	}
	if err := b.write(made); err != nil {
		return err
	}
	for _, w := range wasm {
		if err := w.build(filepath.Join(b.out, w.name)); err != nil {
			return err
		}
		if err := weigh(log, filepath.Join(b.out, w.name)); err != nil {
			return err
		}
	}
	fmt.Fprintf(log, "%s: %d views of %s\n", b.out, len(c.Views), b.config)
	return nil
}

func (b *builder) write(made map[string][]byte) error {
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	for name, text := range made {
		if err := os.WriteFile(filepath.Join(b.out, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// load reads the configuration as it is on Workers. The error is all its faults.
func load(path string) (*config.Config, error) {
	c, err := config.Read(path)
	if err != nil {
		return nil, err
	}
	return c.For(config.OnWorkers)
}
