// Command build makes the bundle of a Lambda function for the runtime
// provided.al2023: the program "bootstrap", with downlink.toml in it. It needs nothing
// but Go.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/downlink-go/downlink/internal/building"
)

// standard is the configuration where nobody has written one.
const standard = "cmd/downlink-lambda/downlink.toml"

func main() {
	var b builder
	building.ConfigVar(&b.config, standard)
	flag.StringVar(&b.arch, "arch", "arm64", "processor of the function, arm64 or x86_64")
	flag.StringVar(&b.out, "out", filepath.Join("build", "lambda"), "folder for the bundle")
	flag.BoolVar(&b.admin, "admin", false, "build the function of the admin, in place of the one that gives files out")
	building.Run(b.build)
}

// builder knows where everything is.
type builder struct {
	config, arch, out string
	admin             bool
}

// build makes the bundle and says what it weighs.
func (b *builder) build(log io.Writer) error {
	c, err := load(b.config)
	if err != nil {
		return err
	}
	bootstrap := filepath.Join(b.out, "bootstrap")
	if err := b.compile(c, bootstrap); err != nil {
		return err
	}
	info, err := os.Stat(bootstrap)
	if err != nil {
		return err
	}
	fmt.Fprintf(log, "%s: %.1f MiB for %s, %d views of %s\n", bootstrap, float64(info.Size())/(1<<20), b.arch, len(c.Views), b.config)
	return nil
}
