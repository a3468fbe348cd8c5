package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newCheck(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "check --config FILE",
		Short: "Report every fault of a configuration",
		Long: `Report every fault of a configuration at once, each with line and column:
unknown keys, wrong types, rules that contradict each other, folders that do not
exist, and anything private that would be served. Without a fault it says so.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.config == "" {
				return fmt.Errorf("say what to check: --config FILE")
			}
			c, err := s.load("")
			if err != nil {
				return err
			}
			if s.data != "" || c.Server.Data != "" {
				if _, err := s.dataFolder(c); err != nil {
					return err
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s has no faults\n", s.config)
			return nil
		},
	}
}
