package main

import (
	"bufio"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/downlink-go/downlink/config"
)

// newLogger writes to w as the configuration says.
func newLogger(w io.Writer, c config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // the configuration was checked
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// logDelay is how long a line may wait to be written with others.
const logDelay = 100 * time.Millisecond

// logWriter collects lines for a moment, so that a busy server does not make a
// system call for each request. Close writes what is left.
type logWriter struct {
	mu     sync.Mutex
	to     io.Writer
	buf    *bufio.Writer
	timer  *time.Timer
	armed  bool
	closed bool
}

func newLogWriter(w io.Writer) *logWriter {
	l := &logWriter{to: w, buf: bufio.NewWriterSize(w, 64<<10)}
	l.timer = time.AfterFunc(logDelay, l.flush)
	l.timer.Stop()
	return l
}

// Write takes one line of the log.
func (l *logWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.to.Write(b)
	}
	if !l.armed {
		l.armed = true
		l.timer.Reset(logDelay)
	}
	return l.buf.Write(b)
}

func (l *logWriter) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
	if l.buf.Flush() != nil {
		l.buf.Reset(l.to) // those lines are lost, the next may go through
	}
}

// Close writes what was collected. Lines that still come are written at once.
func (l *logWriter) Close() error {
	l.timer.Stop()
	l.flush()
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	return nil
}
