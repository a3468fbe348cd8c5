package track

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
)

// Lines returns a receiver that writes events to w, one line of JSON each.
func Lines(name string, w io.Writer) Receiver {
	return &lines{name: name, open: func() (io.Writer, error) { return w, nil }}
}

// LinesFile is Lines for the end of the file at path, which it makes (mode 0640) if it
// is not there, also when it was moved away by log rotation.
func LinesFile(path string) Receiver {
	f := &file{path: path}
	return &lines{name: path, open: f.writer}
}

type lines struct {
	name string
	open func() (io.Writer, error)
	torn bool // the last line was not written to its end
}

func (l *lines) Name() string { return "lines " + l.name }

// Receive writes the events by one call.
func (l *lines) Receive(_ context.Context, events []Event) error {
	var b bytes.Buffer
	if l.torn {
		b.WriteByte('\n')
	}
	enc := json.NewEncoder(&b)
	for i := range events {
		if err := enc.Encode(&events[i]); err != nil {
			return err
		}
	}
	w, err := l.open()
	if err != nil {
		return tryAgain(err)
	}
	n, err := w.Write(b.Bytes())
	if err != nil && n == 0 {
		return tryAgain(err)
	}
	l.torn = err != nil
	return err
}

// file is one that is appended to.
type file struct {
	path string
	open *os.File
}

// writer is the file that is at the path now.
func (f *file) writer() (io.Writer, error) {
	if f.open != nil {
		is, err := f.open.Stat()
		at, atErr := os.Stat(f.path)
		if err == nil && atErr == nil && os.SameFile(is, at) {
			return f.open, nil
		}
		f.open.Close()
		f.open = nil
	}
	opened, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, err
	}
	f.open = opened
	return opened, nil
}
