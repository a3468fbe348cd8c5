// Package building is what the commands share that build Downlink for a platform: they
// take flags only, and the same configuration unless a flag names another.
package building

import (
	"flag"
	"fmt"
	"io"
	"os"
)

// ConfigVar defines the flag -config. Without it, path is what DOWNLINK_CONFIG says, else
// downlink.toml if that is in this folder, else standard.
func ConfigVar(path *string, standard string) {
	flag.StringVar(path, "config", chosen(standard), "configuration; DOWNLINK_CONFIG says the same")
}

func chosen(standard string) string {
	if path := os.Getenv("DOWNLINK_CONFIG"); path != "" {
		return path
	}
	if _, err := os.Stat("downlink.toml"); err == nil {
		return "downlink.toml"
	}
	return standard
}

// Run reads the flags and builds, which tells the standard output what it made. It ends
// the process if either fails.
func Run(build func(log io.Writer) error) {
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "%q: this command takes flags only; -help lists them\n", flag.Arg(0))
		os.Exit(2)
	}
	if err := build(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
