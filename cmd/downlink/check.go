package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/config"
)

func newCheck(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "check --config FILE",
		Short: "Report every fault of a configuration",
		Long: `Report every fault of a configuration at once, each with line and column:
unknown keys, wrong types, rules that contradict each other, folders that do not
exist, and anything private that would be served, on each platform that the file
is for. Without a fault it says so, and which platforms these are.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.config == "" {
				return fmt.Errorf("say what to check: --config FILE")
			}
			c, err := config.Load(s.config)
			if err != nil {
				return err
			}
			if s.data != "" || c.Server.Data != "" {
				if _, err := s.dataFolder(c); err != nil {
					return err
				}
			}
			if _, err := receivers(c, io.Discard); err != nil {
				return fmt.Errorf("%s: %w", s.config, err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s has no faults%s\n", s.config, elsewhere(c))
			return nil
		},
	}
}

// elsewhere names the platforms of a configuration unless it is for a server only,
// as most are.
func elsewhere(c *config.Config) string {
	var names []string
	for _, p := range c.Platforms() {
		names = append(names, p.String())
	}
	if len(names) == 1 && c.Platforms()[0] == config.OnServer {
		return ""
	}
	return ", on " + strings.Join(names, " and ")
}
