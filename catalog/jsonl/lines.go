package jsonl

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine is the longest line read, in bytes without its end. Write makes none
// that is longer.
const maxLine = 4 << 20

// byteOrderMark starts files of some programs, and so a line in the middle once
// such files are joined.
const byteOrderMark = "\ufeff"

// lines takes a file apart. Lines end with "\n" or "\r\n"; the last may end
// with the file.
type lines struct {
	r      *bufio.Reader
	number int // of the line last returned
}

func newLines(r io.Reader) *lines {
	return &lines{r: bufio.NewReaderSize(r, maxLine+len(byteOrderMark)+len("\r\n"))}
}

// next returns the next line, which is good until the next call, or reports
// that it is too long and skips it. The error at the end is io.EOF.
func (l *lines) next() (text []byte, tooLong bool, err error) {
	text, err = l.r.ReadSlice('\n')
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		_, err = l.r.ReadSlice('\n')
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(text) == 0) {
		return nil, false, err
	}
	l.number++
	if tooLong {
		return nil, true, nil
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	return text, len(text) > maxLine, nil
}
