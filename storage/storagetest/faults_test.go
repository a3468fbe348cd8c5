package storagetest_test

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"strings"
	"sync"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
)

// A twisted driver is memstore with one of its methods replaced.
type twisted struct {
	*memstore.Store
	key     func(string) string // what Stat and Open look for
	stat    func(core.Metadata, error) (core.Metadata, error)
	open    func(key string, o storage.Object) storage.Object
	entries func(prefix string, all []storage.Entry) []storage.Entry
	prefix  func(string) string
	context func(context.Context) context.Context
	endless bool // List does not stop
	openAt  func(o storage.Object, first core.Span) (storage.Object, error)
	save    func(ctx context.Context, s *memstore.Store, key string, r io.Reader) (core.Metadata, error)
	remove  func(ctx context.Context, s *memstore.Store, key string) error
}

func (w twisted) Save(ctx context.Context, key string, r io.Reader) (core.Metadata, error) {
	if w.save != nil {
		return w.save(ctx, w.Store, key, r)
	}
	return w.Store.Save(ctx, key, r)
}

func (w twisted) Remove(ctx context.Context, key string) error {
	if w.remove != nil {
		return w.remove(ctx, w.Store, key)
	}
	return w.Store.Remove(ctx, key)
}

func (w twisted) Stat(ctx context.Context, key string) (core.Metadata, error) {
	if w.context != nil {
		ctx = w.context(ctx)
	}
	if w.key != nil {
		key = w.key(key)
	}
	m, err := w.Store.Stat(ctx, key)
	if w.stat != nil {
		return w.stat(m, err)
	}
	return m, err
}

func (w twisted) Open(ctx context.Context, key string) (storage.Object, error) {
	if w.key != nil {
		key = w.key(key)
	}
	o, err := w.Store.Open(ctx, key)
	if err != nil || w.open == nil {
		return o, err
	}
	return w.open(key, o), nil
}

func (w twisted) OpenAt(ctx context.Context, key string, first core.Span) (storage.Object, error) {
	o, err := w.Open(ctx, key)
	if err != nil || w.openAt == nil {
		return o, err
	}
	return w.openAt(o, first)
}

func (w twisted) List(ctx context.Context, prefix string, yield func(storage.Entry) bool) error {
	if w.prefix != nil {
		prefix = w.prefix(prefix)
	}
	var all []storage.Entry
	if err := w.Store.List(ctx, prefix, func(e storage.Entry) bool { all = append(all, e); return true }); err != nil {
		return err
	}
	if w.entries != nil {
		all = w.entries(prefix, all)
	}
	for _, e := range all {
		if !yield(e) && !w.endless {
			break
		}
	}
	return nil
}

// object is an object with its section replaced.
type object struct {
	storage.Object
	metadata func() core.Metadata
	section  func(context.Context, core.Span) (io.Reader, error)
}

func (o object) Metadata() core.Metadata {
	if o.metadata != nil {
		return o.metadata()
	}
	return o.Object.Metadata()
}

func (o object) Section(ctx context.Context, span core.Span) (io.Reader, error) {
	if o.section != nil {
		return o.section(ctx, span)
	}
	return o.Object.Section(ctx, span)
}

// sections makes a twist of every object's Section.
func sections(f func(o storage.Object, ctx context.Context, span core.Span) (io.Reader, error)) func(string, storage.Object) storage.Object {
	return func(_ string, o storage.Object) storage.Object {
		return object{Object: o, section: func(ctx context.Context, span core.Span) (io.Reader, error) {
			return f(o, ctx, span)
		}}
	}
}

func metadataOf(f func(*core.Metadata)) func(core.Metadata, error) (core.Metadata, error) {
	return func(m core.Metadata, err error) (core.Metadata, error) {
		if err == nil {
			f(&m)
		}
		return m, err
	}
}

func keyed(f func(string) string) func(*memstore.Store) storage.Driver {
	return func(s *memstore.Store) storage.Driver { return twisted{Store: s, key: f} }
}

// faults are drivers that are wrong in one way each.
var faults = map[string]func(*memstore.Store) storage.Driver{
	"opened at a span, positions count from there": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, openAt: func(o storage.Object, first core.Span) (storage.Object, error) {
			return object{Object: o, section: func(ctx context.Context, p core.Span) (io.Reader, error) {
				p.Start += first.Start
				return o.Section(ctx, p)
			}}, nil
		}}
	},
	"opened at a span, its length is the size": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, openAt: func(o storage.Object, first core.Span) (storage.Object, error) {
			return object{Object: o, metadata: func() core.Metadata {
				m := o.Metadata()
				if first.Length > 0 {
					m.Size = min(m.Size, first.Length)
				}
				return m
			}}, nil
		}}
	},
	"opened past the end, there is nothing": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, openAt: func(o storage.Object, first core.Span) (storage.Object, error) {
			if first.Length != 0 && first.Start >= o.Metadata().Size {
				return nil, storage.ErrNotFound
			}
			return o, nil
		}}
	},
	"section starts a byte late": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, open: sections(func(o storage.Object, ctx context.Context, p core.Span) (io.Reader, error) {
			p.Start++
			return o.Section(ctx, p)
		})}
	},
	"section always starts at 0": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, open: sections(func(o storage.Object, ctx context.Context, p core.Span) (io.Reader, error) {
			p.Start = 0
			return o.Section(ctx, p)
		})}
	},
	"section ends a byte early": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, open: sections(func(o storage.Object, ctx context.Context, p core.Span) (io.Reader, error) {
			r, err := o.Section(ctx, p)
			return io.LimitReader(r, p.Length-1), err
		})}
	},
	"section pads what is missing": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, open: func(key string, o storage.Object) storage.Object {
			return object{Object: o, section: func(ctx context.Context, p core.Span) (io.Reader, error) {
				if m, err := s.Stat(ctx, key); err == nil && m.ETag != o.Metadata().ETag {
					return strings.NewReader(strings.Repeat("\x00", int(p.Length))), nil
				}
				return o.Section(ctx, p)
			}}
		}}
	},
	"later sections go on where the last ended": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, open: func(_ string, o storage.Object) storage.Object {
			var first io.Reader
			return object{Object: o, section: func(ctx context.Context, p core.Span) (io.Reader, error) {
				var err error
				if first == nil {
					first, err = o.Section(ctx, p)
				}
				return first, err
			}}
		}}
	},
	"handles share an offset": func(s *memstore.Store) storage.Driver {
		var mu sync.Mutex
		shared := map[string]storage.Object{}
		return twisted{Store: s, open: func(_ string, o storage.Object) storage.Object {
			mu.Lock()
			defer mu.Unlock()
			tag := o.Metadata().ETag
			if shared[tag] == nil {
				shared[tag] = o
			}
			return shared[tag]
		}}
	},
	"section reads the current version": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, open: func(key string, o storage.Object) storage.Object {
			return object{Object: o, section: func(ctx context.Context, p core.Span) (io.Reader, error) {
				now, err := s.Open(ctx, key)
				if err != nil {
					return nil, err
				}
				return now.Section(ctx, p)
			}}
		}}
	},
	"handle has the current metadata": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, open: func(key string, o storage.Object) storage.Object {
			return object{Object: o, metadata: func() core.Metadata {
				m, _ := s.Stat(context.Background(), key)
				return m
			}}
		}}
	},
	"section works for nobody": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, open: sections(func(o storage.Object, _ context.Context, p core.Span) (io.Reader, error) {
			return o.Section(context.Background(), p)
		})}
	},
	"stat works for nobody": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, context: context.WithoutCancel}
	},
	"stat has another size": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, stat: metadataOf(func(m *core.Metadata) { m.Size++ })}
	},
	"stat has another entity-tag": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, stat: metadataOf(func(m *core.Metadata) { m.ETag = "W/" + m.ETag })}
	},
	"stat has the time of now": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, stat: metadataOf(func(m *core.Metadata) { m.LastModified = modifiedNever })}
	},
	"entity-tag without quotes": func(s *memstore.Store) storage.Driver {
		bare := func(m *core.Metadata) { m.ETag = strings.Trim(m.ETag, `"`) }
		return twisted{Store: s, stat: metadataOf(bare), open: func(_ string, o storage.Object) storage.Object {
			m := o.Metadata()
			bare(&m)
			return object{Object: o, metadata: func() core.Metadata { return m }}
		}}
	},
	"one entity-tag for all": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, stat: metadataOf(func(m *core.Metadata) { m.ETag = `"1"` }),
			open: func(_ string, o storage.Object) storage.Object {
				m := o.Metadata()
				m.ETag = `"1"`
				return object{Object: o, metadata: func() core.Metadata { return m }}
			}}
	},
	"missing is another error": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, stat: func(m core.Metadata, err error) (core.Metadata, error) {
			if err != nil {
				err = io.ErrUnexpectedEOF
			}
			return m, err
		}}
	},
	"missing is empty": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, stat: func(m core.Metadata, _ error) (core.Metadata, error) { return m, nil }}
	},
	"keys are cut at a question mark": keyed(func(k string) string { k, _, _ = strings.Cut(k, "?"); return k }),
	"keys are cut at a hash":          keyed(func(k string) string { k, _, _ = strings.Cut(k, "#"); return k }),
	"keys are cut at a semicolon":     keyed(func(k string) string { k, _, _ = strings.Cut(k, ";"); return k }),
	"keys are cut at 128 bytes":       keyed(func(k string) string { return k[:min(len(k), 128)] }),
	"keys are trimmed":                keyed(strings.TrimSpace),
	"keys are decoded": keyed(func(k string) string {
		if decoded, err := url.PathUnescape(k); err == nil {
			return decoded
		}
		return k
	}),
	"plus is a space":         keyed(func(k string) string { return strings.ReplaceAll(k, "+", " ") }),
	"keys are made UTF-8":     keyed(func(k string) string { return strings.ToValidUTF8(k, "\uFFFD") }),
	"keys are composed":       keyed(func(k string) string { return strings.ReplaceAll(k, "e\u0301", "\u00e9") }),
	"a file may have a slash": keyed(func(k string) string { return strings.TrimSuffix(k, "/below") }),
	"list ignores the prefix": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, prefix: func(string) string { return "" }}
	},
	"list wants directories": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, prefix: func(p string) string { return p + "/" }}
	},
	"save keeps what came before an error": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, save: func(ctx context.Context, s *memstore.Store, key string, r io.Reader) (core.Metadata, error) {
			data, err := io.ReadAll(r)
			m, _ := s.Save(ctx, key, bytes.NewReader(data))
			return m, err
		}}
	},
	"save is seen before it is whole": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, save: func(ctx context.Context, s *memstore.Store, key string, r io.Reader) (core.Metadata, error) {
			s.Put(key, nil)
			return s.Save(ctx, key, r)
		}}
	},
	"save does not replace": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, save: func(ctx context.Context, s *memstore.Store, key string, r io.Reader) (core.Metadata, error) {
			if m, err := s.Stat(ctx, key); err == nil {
				return m, nil
			}
			return s.Save(ctx, key, r)
		}}
	},
	"save swallows the reader's error": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, save: func(ctx context.Context, s *memstore.Store, key string, r io.Reader) (core.Metadata, error) {
			m, err := s.Save(ctx, key, r)
			if err != nil && ctx.Err() == nil {
				err = nil
			}
			return m, err
		}}
	},
	"delete of what is not there succeeds": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, remove: func(_ context.Context, s *memstore.Store, key string) error { s.Delete(key); return nil }}
	},
	"delete removes everything below": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, remove: func(ctx context.Context, s *memstore.Store, key string) error {
			err := s.Remove(ctx, key)
			s.Delete(strings.TrimSuffix(key, "a") + "b")
			return err
		}}
	},
	"list does not stop":        func(s *memstore.Store) storage.Driver { return twisted{Store: s, endless: true} },
	"list gives one page":       func(s *memstore.Store) storage.Driver { return twisted{Store: s, entries: firstPage} },
	"list gives an entry twice": func(s *memstore.Store) storage.Driver { return twisted{Store: s, entries: again} },
	"list has no sizes":         func(s *memstore.Store) storage.Driver { return twisted{Store: s, entries: unsized} },
	"list takes a whole key for a directory": func(s *memstore.Store) storage.Driver {
		return twisted{Store: s, entries: func(prefix string, all []storage.Entry) []storage.Entry {
			if len(all) == 1 && all[0].Key == prefix {
				return nil
			}
			return all
		}}
	},
}

func firstPage(_ string, all []storage.Entry) []storage.Entry { return all[:min(len(all), 1000)] }

func again(_ string, all []storage.Entry) []storage.Entry {
	if len(all) > 3 {
		all = append(all, all[2])
	}
	return all
}

func unsized(_ string, all []storage.Entry) []storage.Entry {
	for i := range all {
		all[i].Size = -1
	}
	return all
}
