package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/jsonl"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/config"
)

func newImport(s *settings) *cobra.Command {
	var dir string
	var text, create bool
	c := &cobra.Command{
		Use:   "import FILE.jsonl",
		Short: "Put items into the catalogue",
		Long: `Put the items of a file into the catalogue: one JSON object a line with slug,
title, name, store, key, category, visible, inline and media_type, what the item
says of its file in place of the store (encoding, charset, modified, size, etag),
and "files" with further files by field, and where and when it is offered (categories,
draft, publish, expires, version, versions, max_downloads, limit_rate). An item whose slug is there already is
replaced. If anything is wrong, every fault is told
with its line, and nothing is imported. FILE "-" is the standard input.

Without --config the stores are "files", in which an item is that names none, and for
what the admin of a folder was given "uploads".

With --sql no catalogue is touched: the statements that put the items are printed,
for a database that is elsewhere, such as D1 behind a Cloudflare Worker. With
--create-table the table of a catalogue in DynamoDB is made first, unless it is there.`,
		Example: `  echo '{"slug":"manual","title":"Manual","key":"docs/manual.pdf"}' | downlink import -
  downlink import items.jsonl --sql > items.sql && npx wrangler d1 execute DB --remote --file items.sql
  downlink import items.jsonl --config downlink.toml --lambda`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := input(cmd, args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			if text {
				return s.printSQL(cmd.OutOrStdout(), in, args[0])
			}
			return s.putItems(cmd, dir, in, args[0], create)
		},
	}
	s.addCatalogFlags(c, &dir)
	c.Flags().BoolVar(&create, "create-table", false, "make the table of DynamoDB first, unless it is there")
	c.Flags().BoolVar(&text, "sql", false, "print SQL, such as 'wrangler d1 execute --file' runs, and import nothing")
	return c
}

// putItems puts the items of a file into the catalogue, and says how many.
func (s *settings) putItems(cmd *cobra.Command, dir string, in io.Reader, name string, create bool) error {
	return s.withCatalog(dir, func(items *catalog.Catalog, stores []string, path string) error {
		read, err := s.readItems(in, stores, name)
		if err != nil {
			return err
		}
		if create {
			if err := s.createTable(cmd.Context(), dir); err != nil {
				return err
			}
		}
		if err := items.Put(cmd.Context(), read); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%d items are in %s\n", len(read), path)
		return nil
	})
}

func (s *settings) readItems(in io.Reader, stores []string, name string) ([]catalog.Item, error) {
	usual := ""
	if s.config == "" {
		usual = config.FolderStore
	}
	items, err := jsonl.Read(in, stores, usual)
	if err != nil {
		return nil, fmt.Errorf("%s: nothing was imported:\n%w", name, err)
	}
	return items, nil
}

// printSQL prints the statements that put the items of a file. They may use the
// stores of all platforms of the configuration.
func (s *settings) printSQL(out io.Writer, in io.Reader, name string) error {
	c := config.ForDir("")
	c.AddUploads("")
	if s.config != "" {
		var err error
		if c, err = config.Read(s.config); err != nil {
			return err
		}
	}
	items, err := s.readItems(in, storeNames(c), name)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := sqlcat.WriteSQL(&text, items); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	_, err = io.WriteString(out, text.String())
	return err
}

func newExport(s *settings) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "export",
		Short: "Print the catalogue in the form that import reads",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.hasCatalog(dir); err != nil {
				return err
			}
			return s.withCatalog(dir, func(items *catalog.Catalog, _ []string, _ string) error {
				return jsonl.Write(cmd.Context(), cmd.OutOrStdout(), items)
			})
		},
	}
	s.addCatalogFlags(c, &dir)
	return c
}

// addCatalogFlags adds the flags that say which catalogue is meant.
func (s *settings) addCatalogFlags(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "dir", "", "folder to serve, as in 'downlink serve DIR': it decides where the data is if it holds the usual place")
	c.Flags().BoolVar(&s.lambda, "lambda", false, "the catalogue that the configuration has on AWS Lambda")
}

func input(cmd *cobra.Command, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(cmd.InOrStdin()), nil
	}
	return os.Open(name)
}

// withCatalog opens the catalogue of the configuration, or the one that serve
// would use for a folder, for the time of do. stores are the names that items may
// use, path is where the catalogue is.
func (s *settings) withCatalog(dir string, do func(items *catalog.Catalog, stores []string, path string) error) error {
	c, err := s.loadForCatalog(dir)
	if err != nil {
		return err
	}
	driver, place, err := s.openItems(c)
	if err != nil {
		return err
	}
	items := catalog.New(driver)
	defer items.Close()
	return do(items, storeNames(c), place)
}

// hasCatalog is nil if there is a catalogue to read: of a file that is not there
// nothing is read, and none is made, as of a path that was mistyped.
func (s *settings) hasCatalog(dir string) error {
	c, err := s.loadForCatalog(dir)
	if err != nil {
		return err
	}
	path, begun, err := s.begun(c)
	if err == nil && !begun {
		err = fmt.Errorf("there is no catalogue at %s: say where it is, with --data or --config", path)
	}
	return err
}

// loadForCatalog is the configuration, or the one of a folder, or the usual one. The
// last two have the store of uploads, whose files may be copied after the items.
func (s *settings) loadForCatalog(dir string) (c *config.Config, err error) {
	if s.config != "" {
		return s.load(dir)
	}
	c = config.ForDir("")
	if dir != "" {
		if c, err = s.load(dir); err != nil {
			return nil, err
		}
	}
	folder, err := s.uploadsFolder(c)
	if err != nil {
		return nil, err
	}
	c.AddUploads(folder)
	return c, nil
}

func storeNames(c *config.Config) []string {
	var names []string
	for _, s := range c.Stores {
		names = append(names, s.Name)
	}
	return names
}
