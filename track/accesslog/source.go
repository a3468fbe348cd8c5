package accesslog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Position is how far a log was read.
type Position struct {
	// First names the file by its first line, which no two logs share: the file is
	// known again when it was moved, compressed or copied.
	First string `json:"first"`
	// Offset is how many bytes of lines were read.
	Offset int64 `json:"offset"`
}

// source is an open log.
type source struct {
	path  string
	file  *os.File
	lines *bufio.Reader
	first string // of the Position; "" without a whole line
}

// longest is the longest line that is one.
const longest = 64 << 10

// openSource opens the log at path, a compressed one if its name ends in ".gz".
func openSource(path string) (*source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := &source{path: path, file: f}
	if err := s.rewind(); err != nil {
		f.Close()
		return nil, err
	}
	head, err := s.lines.Peek(longest)
	if err != nil && !errors.Is(err, io.EOF) {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if end := bytes.IndexByte(head, '\n'); end >= 0 {
		sum := sha256.Sum256(head[:end])
		s.first = hex.EncodeToString(sum[:16])
	}
	return s, nil
}

// rewind goes to the beginning.
func (s *source) rewind() error {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	s.lines = bufio.NewReaderSize(s.file, longest)
	if !strings.HasSuffix(s.path, ".gz") {
		return nil
	}
	z, err := gzip.NewReader(s.lines)
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	s.lines = bufio.NewReaderSize(z, longest)
	return nil
}

// skip passes over what was read before.
func (s *source) skip(n int64) error {
	_, err := io.CopyN(io.Discard, s.lines, n)
	return err
}

func (s *source) close() { s.file.Close() }

// moved is the log of that first line among those beside path whose names begin as its
// name: where log rotation puts it. It is nil if there is none.
func moved(path, first string) (*source, error) {
	others, err := filepath.Glob(escaped(path) + "?*")
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		s, err := openSource(other)
		if err != nil {
			continue // whatever it is, it is not the log
		}
		if s.first == first {
			return s, nil
		}
		s.close()
	}
	return nil, nil
}

// escaped is a path without any character that Glob takes for more than itself.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}
