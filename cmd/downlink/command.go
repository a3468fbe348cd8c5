package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/config"
)

// settings are the flags that every command takes.
type settings struct {
	config  string
	data    string
	lambda  bool   // the configuration as it is on Lambda; of import and export
	instead string // file of an empty catalogue in place of one that is not begun
}

func (s *settings) platform() config.Platform {
	if s.lambda {
		return config.OnLambda
	}
	return config.OnServer
}

// newCommand is the whole command line.
func newCommand() *cobra.Command {
	var s settings
	root := &cobra.Command{
		Use:   "downlink",
		Short: "Hand out files: Downlink decides, nginx or the Go server moves the bytes",
		Long: `Downlink hands out files over HTTP, with everything a browser, curl or a
download manager expects: ranges, resuming, conditional requests, safe names.

Start with a folder:   downlink serve DIR
Then a configuration:  docs/configuration.md tells every key.`,
		Version:       version(),
		SilenceErrors: true, // main prints the error, once
		SilenceUsage:  true, // an error says what to do; --help prints the usage
	}
	root.PersistentFlags().StringVar(&s.config, "config", "", "configuration file (downlink.toml)")
	root.PersistentFlags().StringVar(&s.data, "data", "", "folder of the catalogue's database (default: the user's data folder)")
	for _, flag := range []string{"config", "data"} {
		if err := root.MarkPersistentFlagFilename(flag); err != nil {
			panic(err) // the flag was defined just above
		}
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w: `%s --help` lists the flags", err, c.CommandPath())
	})
	root.AddCommand(
		newServe(&s), newAdd(&s), newImport(&s), newExport(&s), newImportLog(&s), newFront(&s), newExplain(&s), newCheck(&s), newDoctor(&s), newDemo(),
		newSign(&s), newVerify(&s), newAdmin(&s),
	)
	sayArguments(root)
	return root
}

// sayArguments has every command that gets others than its arguments say which they are.
func sayArguments(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return fmt.Errorf("%w: write `%s`", err, c.UseLine())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		sayArguments(sub)
	}
}

// version is the module's version as the Go tool recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}

var errNothingToServe = errors.New("say what to serve: a folder, or --config FILE")

// load returns the configuration of a server: of --config, of a folder, or of a
// folder in place of the path of the configuration's store "files".
func (s *settings) load(dir string) (*config.Config, error) {
	switch {
	case s.config == "" && dir == "":
		return nil, errNothingToServe
	case s.config == "":
		return s.loadFolder(dir)
	}
	if dir == "" {
		c, err := config.Load(s.config)
		if err != nil {
			return nil, err
		}
		return c.For(s.platform())
	}
	whole, err := config.Read(s.config)
	if err != nil {
		return nil, err
	}
	c, err := whole.For(s.platform())
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	for i := range c.Stores {
		if c.Stores[i].Name == config.FolderStore {
			c.Stores[i].Path = dir
			return c, c.CheckPaths()
		}
	}
	return nil, fmt.Errorf("%s has no store called \"files\" for the folder %s: leave the folder out, or add [stores.files]", s.config, dir)
}

// loadFolder returns the configuration of a folder: with the store of what was uploaded,
// once its admin has run.
func (s *settings) loadFolder(dir string) (*config.Config, error) {
	c := config.ForDir(dir)
	if err := c.CheckPaths(); err != nil {
		return nil, err
	}
	folder, err := s.uploadsFolder(c)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(folder); err == nil {
		c.AddUploads(folder)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return c, nil
}
