package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/demo"
)

func newDemo() *cobra.Command {
	var listen string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Start a site with every kind of view, to try and to read",
		Long: `Start a site with every kind of view on this machine. Its page has links to try
and, beside them, the code that answers. Its files are in a temporary folder, which
goes when the demo ends.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), listen, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8000", "address, host:port or unix:/path")
	return c
}

// runDemo serves the demo until ctx ends.
func runDemo(ctx context.Context, listen string, out, logs io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "downlink-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	log := newLogger(logs, config.Log{Level: "info"})
	site, err := demo.Open(dir, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	l, err := listenAt(ctx, listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The demo is at http://%s/ (its files are in %s). Interrupt to end it.\n", l.Addr(), dir)
	return nethttp.NewServer(site, nethttp.ServerOptions{Log: log}).Serve(ctx, l)
}
