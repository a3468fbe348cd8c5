package lambda_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/adapters/lambda"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// source is an object of 1000 bytes that gives 600 of them and then what end does.
type source struct {
	given  int
	end    func() (int, error)
	closed int
}

func (s *source) Metadata() core.Metadata { return core.Metadata{Size: 1000} }
func (s *source) Close() error            { s.closed++; return nil }

func (s *source) Section(context.Context, core.Span) (io.Reader, error) { return s, nil }

func (s *source) Read(p []byte) (int, error) {
	if s.given == 600 {
		return s.end()
	}
	n := min(len(p), 600-s.given)
	s.given += n
	return n, nil
}

// TestBrokenSource: a file that breaks off is a 503 in a buffered answer and a broken
// one in a streamed answer: no download that is short looks complete.
func TestBrokenSource(t *testing.T) {
	for name, end := range map[string]func() (int, error){
		"error":     func() (int, error) { return 0, errors.New("reset by bucket") },
		"early end": func() (int, error) { return 0, io.EOF },
		"panic":     func() (int, error) { panic("reset by bucket") },
	} {
		for _, streamed := range []bool{false, true} {
			var log bytes.Buffer
			o := lambda.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}
			if streamed {
				o.Streamed = []lambda.Kind{lambda.FunctionURL}
			}
			src := &source{end: end}
			view := download.ViewFunc(func(context.Context, *download.Request) (download.File, error) {
				return download.File{Key: "a.bin", Open: func(context.Context) (storage.Object, error) { return src, nil }}, nil
			})
			s, err := download.New([]download.Route{{Pattern: "/a", View: view}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			h, err := lambda.New(s, o)
			if err != nil {
				t.Fatal(err)
			}
			out, err := h.Handle(t.Context(), event(funcURL, false, "GET", "/a"))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(out)
			out.(io.Closer).Close()
			status := "503"
			if name == "panic" {
				status = "500"
			}
			if whole := bytes.HasPrefix(b, []byte(`{"statusCode":`+status)) && err == nil; whole == streamed {
				t.Errorf("%s, streamed %v: %.100s, %v", name, streamed, b, err)
			}
			want := map[string]string{"error": "reset by bucket", "early end": "unexpected EOF", "panic": "reset by bucket"}[name]
			if !strings.Contains(log.String(), want) || !strings.Contains(log.String(), "level=ERROR") || src.closed == 0 {
				t.Errorf("%s, streamed %v: closed %d times, log %s", name, streamed, src.closed, &log)
			}
		}
	}
}
