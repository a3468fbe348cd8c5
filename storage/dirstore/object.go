package dirstore

import (
	"context"
	"io"
	"os"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
)

// Open opens the regular file at key. It looks at what it opened, never at the
// name: the file may be swapped for a link or a FIFO at any time.
func (s *Store) Open(ctx context.Context, key string) (storage.Object, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	file := s.direct.open(key)
	if file == nil {
		var err error
		file, err = s.root.OpenFile(key, openFlags, 0)
		if inside, ok := s.within(key, err); ok {
			file, err = s.root.OpenFile(inside, openFlags, 0)
		}
		if err != nil {
			return nil, classify(err)
		}
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = notRegular(info.Mode())
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return &object{file: file, metadata: metadata(info.ModTime(), info.Size())}, nil
}

// object is an open file with its metadata at the time it was opened.
type object struct {
	file     *os.File
	metadata core.Metadata
	moved    bool // the file's offset may not be 0 any more
}

func (o *object) Metadata() core.Metadata { return o.metadata }

// Section returns the *os.File itself. A file that was truncated since it was
// opened ends early: the reader gets io.EOF before the span's end.
func (o *object) Section(ctx context.Context, span core.Span) (io.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.moved || span.Start != 0 {
		if _, err := o.file.Seek(span.Start, io.SeekStart); err != nil {
			return nil, err
		}
	}
	o.moved = true
	return o.file, nil
}

func (o *object) Close() error { return o.file.Close() }
