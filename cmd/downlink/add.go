package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/config"
)

// adding is what the flags of add say.
type adding struct {
	served             string // the folder of `downlink serve DIR`
	store, category    string
	recursive, publish bool
}

func newAdd(s *settings) *cobra.Command {
	var a adding
	c := &cobra.Command{
		Use:   "add DIR",
		Short: "Put the files of a folder into the catalogue, an item each",
		Long: `Put the files of a folder into the catalogue, an item each. A file inside the
store's own folder stays where it is; any other is copied into the store, where it
replaces no file.

Files are told apart by what is in them (SHA-256): one whose content an item of the
store has already is left alone, so add can be run again at any time, also after it was
interrupted. Items are drafts until they are published, by --publish or in the admin;
with --publish, add publishes drafts of the same files too. Hidden files, links and what
is no file are passed over.

Without --config the store is the folder that "downlink serve" serves: --dir says
which, if it is not DIR itself.`,
		Example: `  downlink add ~/Public --recursive --publish
  downlink add ~/manuals --category "Manuals/Printers" --recursive --publish --config downlink.toml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := s.add(cmd.Context(), args[0], a, cmd.OutOrStdout(), cmd.ErrOrStderr())
			if err != nil && cmd.Context().Err() != nil {
				return errors.New("interrupted: run it again, and it goes on")
			}
			return err
		},
	}
	c.Flags().StringVar(&a.served, "dir", "", "folder that is served, as in 'downlink serve DIR' (default without --config: DIR)")
	c.Flags().StringVar(&a.store, "store", "", "store that has the files or gets them (default: the only one there is; without --config the folder's)")
	c.Flags().StringVar(&a.category, "category", "", `category of new items, such as "Manuals/Printers"`)
	c.Flags().BoolVarP(&a.recursive, "recursive", "r", false, "folders inside the folder too")
	c.Flags().BoolVar(&a.publish, "publish", false, "publish the items")
	return c
}

func (s *settings) add(ctx context.Context, dir string, a adding, out, progress io.Writer) error {
	if s.config == "" {
		a.served, a.store = cmp.Or(a.served, dir), cmp.Or(a.store, config.FolderStore)
	}
	c, err := s.load(a.served)
	if err != nil {
		return err
	}
	if err := config.ForDir(dir).CheckPaths(); err != nil {
		return err
	}
	site, err := s.open(c)
	if err != nil {
		return err
	}
	defer site.Close()
	f, err := newFolder(site, dir, a)
	if err != nil {
		return err
	}
	if err := site.removeParts(ctx); err != nil {
		return err
	}
	files, size, err := f.files(a.recursive)
	if err != nil {
		return err
	}
	if err := f.learn(ctx); err != nil {
		return err
	}
	bar := bar(size, progress)
	defer bar.Close()
	stopped := f.addAll(ctx, files, bar)
	_ = bar.Finish()
	fmt.Fprintf(out, "%d added, %d published, %d changed, %d known already, %d failed; items are in %s\n",
		f.added, f.published, f.changed, f.known, len(f.failed), site.place)
	if f.added > 0 && !a.publish {
		fmt.Fprintln(out, "What was added are drafts: nobody gets them until they are published, by --publish or in the admin.")
	}
	return errors.Join(append(f.failed, stopped)...)
}

// addAll adds files, and notes those that fail alone: the error is of what stops all.
func (f *folder) addAll(ctx context.Context, files []string, bar io.Writer) error {
	for _, file := range files {
		if err := f.add(ctx, file, bar); err != nil {
			if ctx.Err() != nil || errors.Is(err, catalog.ErrUnavailable) {
				return err
			}
			f.fail(file, err)
		}
	}
	return nil
}

// fail notes what cannot be added. Names are quoted: they may have anything in them.
func (f *folder) fail(name string, err error) {
	if e, ok := err.(*fs.PathError); ok { // which has the name as it is
		err = e.Err
	}
	f.failed = append(f.failed, fmt.Errorf("%q: %w", name, err))
}

// bar shows how much of the files was read, on a terminal.
func bar(size int64, w io.Writer) *progressbar.ProgressBar {
	return progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionShowBytes(true), progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetVisibility(terminal(w)))
}

// newFolder is dir, whose files go into the catalogue and a store of the site.
func newFolder(x *site, dir string, a adding) (*folder, error) {
	if a.category != "" {
		if err := catalog.CheckCategory(a.category); err != nil {
			return nil, fmt.Errorf("--category: %w", err)
		}
	}
	names := storeNames(x.config)
	name := a.store
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	if !slices.Contains(names, name) {
		return nil, fmt.Errorf("--store %q: choose one of %q", name, names)
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, err
	}
	f := &folder{dir: dir, adding: a, store: x.stores[name], catalog: x.catalog}
	f.inStore, f.inPlace = f.within()
	if !f.inPlace && !f.store.Writable() {
		return nil, fmt.Errorf("store %q cannot be written to, and %s is not inside it", name, dir)
	}
	return f, nil
}
