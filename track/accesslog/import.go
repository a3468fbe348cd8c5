package accesslog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// Grace is how old a line must be: the download that it is of may not have been stored
// before.
const Grace = 10 * time.Second

// maxFaults is how many faults are told one by one.
const maxFaults = 5

// Report is what an import did.
type Report struct {
	Lines  int  // that were read
	Noted  int  // downloads whose end was noted
	Faulty int  // lines that say nothing
	Early  bool // the rest is left for the next time: it is too young
	faults []error
}

// Err are the faulty lines, the first of them one by one; nil without any.
func (r *Report) Err() error {
	if r.Faulty > len(r.faults) {
		return errors.Join(append(r.faults, fmt.Errorf("and %d lines more", r.Faulty-len(r.faults)))...)
	}
	return errors.Join(r.faults...)
}

// Importer reads logs.
type Importer struct {
	Counter catalog.Counter
	Now     time.Time // lines of less than Grace before are left
}

// Import reads the log at path from where p says, "" from the beginning, and returns how
// far it came. If there is another log at path by now, the rest of the former one is
// read first, wherever rotation put it. Faulty lines are passed over and in the report;
// the error is of a file or the database, and what was read before it is done.
func (m *Importer) Import(ctx context.Context, path string, p Position) (Position, Report, error) {
	var r Report
	s, err := openSource(path)
	if errors.Is(err, fs.ErrNotExist) && p.First != "" { // moved, and no new one yet
		p, err = m.rest(ctx, path, p, &r)
		return p, r, err
	}
	if err != nil {
		return p, r, err
	}
	defer s.close()
	if p.First != "" && p.First != s.first {
		if p, err = m.rest(ctx, path, p, &r); err != nil || r.Early || s.first == "" {
			return p, r, err
		}
		p = Position{}
	}
	if s.first == "" {
		return p, r, nil
	}
	p.First = s.first
	p, err = m.read(ctx, s, p, &r)
	return p, r, err
}

// rest reads what is left of a log that was moved away.
func (m *Importer) rest(ctx context.Context, path string, p Position, r *Report) (Position, error) {
	s, err := moved(path, p.First)
	if err != nil || s == nil {
		return p, err
	}
	defer s.close()
	return m.read(ctx, s, p, r)
}

// read reads a log from a position to its end, or to a line that is too young.
func (m *Importer) read(ctx context.Context, s *source, p Position, r *Report) (Position, error) {
	if err := s.rewind(); err != nil {
		return p, err
	}
	if err := s.skip(p.Offset); err != nil {
		if !errors.Is(err, io.EOF) {
			return p, fmt.Errorf("%s: %w", s.path, err)
		}
		return p, fmt.Errorf("%s is shorter than what was read of it: it was changed; import it again with --from-start", s.path)
	}
	b := batch{Importer: m, done: p, next: p}
	fault := m.lines(ctx, s, &b, r)
	if err := b.send(ctx, r); fault == nil {
		fault = err
	}
	return b.done, fault
}

// lines takes lines into batches.
func (m *Importer) lines(ctx context.Context, s *source, b *batch, r *Report) error {
	for {
		text, err := s.lines.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF): // what is no whole line yet is left
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("%s: a line is longer than %d bytes: this is no log of downloads", s.path, longest)
		case err != nil:
			return fmt.Errorf("%s: %w", s.path, err)
		}
		e, fault := parse(text)
		if fault == nil && m.Now.Sub(e.time) < Grace {
			r.Early = true
			return nil
		}
		if fault != nil {
			r.fault(fmt.Errorf("%s, after byte %d: %w", s.path, b.next.Offset, fault))
		}
		b.next.Offset += int64(len(text))
		r.Lines++
		if fault == nil {
			b.ended = append(b.ended, e.Ended)
		}
		if len(b.ended) == catalog.MaxBatch {
			if err := b.send(ctx, r); err != nil {
				return err
			}
		}
	}
}

// batch is lines that were read and are noted together.
type batch struct {
	*Importer
	ended []catalog.Ended
	done  Position // what is noted
	next  Position // what was read
}

func (b *batch) send(ctx context.Context, r *Report) error {
	if len(b.ended) > 0 {
		noted, err := b.Counter.Complete(ctx, b.ended)
		if err != nil {
			return err
		}
		r.Noted += noted
	}
	b.ended, b.done = b.ended[:0], b.next
	return nil
}

func (r *Report) fault(err error) {
	if r.Faulty++; len(r.faults) < maxFaults {
		r.faults = append(r.faults, err)
	}
}
