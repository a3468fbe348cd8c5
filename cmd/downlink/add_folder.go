package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// folder is one whose files are added.
type folder struct {
	adding
	dir     string // absolute, without links
	store   *storage.Store
	catalog *catalog.Catalog
	inStore string // the folder's path in the store, if it is inside it
	inPlace bool

	bySum map[string]string // slug by the content of a file of the store
	byKey map[string]string // slug by the key
	taken map[string]bool   // slugs there are
	used  map[string]bool   // keys that items have, also for further files and versions

	added, published, changed, known int
	failed                           []error
}

// within is the folder's path in the store, and whether it is inside it.
func (f *folder) within() (string, bool) {
	root, local := f.store.LocalPath("")
	if !local {
		return "", false
	}
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(root, f.dir)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// files are the paths in the folder of what is to be added, and its bytes. What cannot
// be looked at is noted, and passed over.
func (f *folder) files(recursive bool) (all []string, size int64, err error) {
	err = filepath.WalkDir(f.dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == f.dir:
			return err
		case err != nil:
			return f.passOver(name, d, err)
		case name == f.dir:
			return nil
		case d.IsDir() && (!recursive || hidden(d)):
			return fs.SkipDir
		case !d.Type().IsRegular() || hidden(d):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return f.passOver(name, d, err)
		}
		rel, err := filepath.Rel(f.dir, name)
		all, size = append(all, rel), size+info.Size()
		return err
	})
	return all, size, err
}

func (f *folder) passOver(name string, d fs.DirEntry, err error) error {
	if rel, e := filepath.Rel(f.dir, name); e == nil {
		name = rel
	}
	f.fail(name, err)
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func hidden(d fs.DirEntry) bool { return strings.HasPrefix(d.Name(), ".") }

// learn reads what the catalogue has already.
func (f *folder) learn(ctx context.Context) error {
	f.bySum, f.byKey = map[string]string{}, map[string]string{}
	f.taken, f.used = map[string]bool{}, map[string]bool{}
	return f.catalog.List(ctx, "", func(it catalog.Item) bool {
		f.taken[it.Slug] = true
		for _, file := range it.AllFiles() {
			f.used[file.Key] = f.used[file.Key] || file.Store == f.store.Name()
		}
		if it.Store == f.store.Name() {
			f.byKey[it.Key] = it.Slug
			if it.SHA256 != "" {
				f.bySum[it.SHA256] = it.Slug
			}
		}
		return true
	})
}

// add adds one file, unless an item has its content already. bar gets what is read.
func (f *folder) add(ctx context.Context, name string, bar io.Writer) error {
	file, err := os.Open(filepath.Join(f.dir, name))
	if err != nil {
		return err
	}
	defer file.Close()
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(hash, bar), heeding{ctx, file})
	if err != nil {
		return err
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	key := path.Join(f.inStore, filepath.ToSlash(name))
	switch {
	case f.bySum[sum] != "":
		return f.meet(ctx, f.bySum[sum])
	case f.inPlace && f.byKey[key] != "":
		return f.renew(ctx, f.byKey[key], size, sum)
	}
	it := f.item(filepath.Base(name), key, size, sum)
	if err := it.Check(); err != nil {
		return err
	}
	if !f.inPlace {
		if err := f.copy(ctx, file, &it); err != nil {
			return err
		}
	}
	if err := f.catalog.Put(ctx, []catalog.Item{it}); err != nil {
		return err
	}
	f.bySum[sum], f.byKey[it.Key], f.taken[it.Slug], f.used[it.Key] = it.Slug, it.Slug, true, true
	f.added++
	return nil
}

// item is a new one of the file called base. key is where the file is if it is in the
// store.
func (f *folder) item(base, key string, size int64, sum string) catalog.Item {
	title := strings.ToValidUTF8(strings.TrimSuffix(base, filepath.Ext(base)), "\ufffd")
	it := catalog.Item{
		Slug: f.slug(base, sum), Title: title, Store: f.store.Name(), Key: key,
		Category: f.category, Visible: true, Draft: !f.publish, Size: size, SHA256: sum,
	}
	if !f.inPlace {
		it.Key, it.Name = it.Slug+"/"+core.CleanName(base), base
	}
	return it
}

// meet is for a file whose content an item has: it is published if that is wanted.
func (f *folder) meet(ctx context.Context, slug string) error {
	it, err := f.catalog.Item(ctx, slug)
	if err != nil {
		return err
	}
	if !f.publish || !it.Draft {
		f.known++
		return nil
	}
	it.Draft = false
	f.published++
	return f.catalog.Put(ctx, []catalog.Item{it})
}

// renew is for a file of the store that has other content than its item says.
func (f *folder) renew(ctx context.Context, slug string, size int64, sum string) error {
	it, err := f.catalog.Item(ctx, slug)
	if err != nil {
		return err
	}
	it.Size, it.SHA256, it.Draft = size, sum, it.Draft && !f.publish
	f.changed++
	f.bySum[sum] = slug
	return f.catalog.Put(ctx, []catalog.Item{it})
}

// longestSlug leaves room for what makes a slug unique.
const longestSlug = 150

// slug is a free name made of a file's, and of its content if need be.
func (f *folder) slug(base, sum string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSuffix(base, filepath.Ext(base))) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || b.Len() > 0 && (r == '.' || r == '_'):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == longestSlug {
			break
		}
	}
	slug := strings.Trim(b.String(), "-")
	if slug == "" {
		return sum[:16]
	}
	if f.taken[slug] {
		return slug + "-" + sum[:16]
	}
	return slug
}
