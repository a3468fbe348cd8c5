//go:build unix

package s3store_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/test/server"
)

// faulty is a store with the object "a" on a real server behind a proxy.
func faulty(t *testing.T, content string) (*storage.Store, *server.Faulty, *server.S3) {
	t.Helper()
	s := server.StartS3(t)
	if err := s.Put(t.Context(), "a", []byte(content)); err != nil {
		t.Fatal(err)
	}
	proxy := server.Before(t, s.Addr)
	o := options(s)
	o.Endpoint = "http://" + proxy.Addr
	return storage.New("s3", open(t, o)), proxy, s
}

// TestRequests counts what each use of a store costs.
func TestRequests(t *testing.T) {
	t.Parallel()
	s, proxy, _ := faulty(t, "0123456789")
	whole := core.Span{Length: -1}
	for _, test := range []struct {
		name  string
		first core.Span
		read  []core.Span
		want  string
	}{
		{"everything", whole, []core.Span{{Length: 10}}, "GET bytes=0-"},
		{"a range", core.Span{Start: 2, Length: 3}, []core.Span{{Start: 2, Length: 3}}, "GET bytes=2-4"},
		{"the end of it", core.Span{Start: 8, Length: -1}, []core.Span{{Start: 8, Length: 2}}, "GET bytes=8-"},
		{"a range that ends past it", core.Span{Start: 8, Length: 100}, []core.Span{{Start: 8, Length: 2}}, "GET bytes=8-107"},
		{"metadata", core.Span{}, nil, "HEAD"},
		{"metadata first", core.Span{}, []core.Span{{Length: 10}}, "HEAD, GET bytes=0-9"},
		{"another range than was said", core.Span{Start: 2, Length: 3}, []core.Span{{Start: 4, Length: 3}}, "GET bytes=2-4, GET bytes=4-6"},
		{"start of what was said", whole, []core.Span{{Length: 3}}, "GET bytes=0-"},
		{"one after the other", whole, []core.Span{{Length: 3}, {Start: 3, Length: 7}}, "GET bytes=0-"},
		{"two ranges", core.Span{}, []core.Span{{Length: 3}, {Start: 6, Length: 2}}, "HEAD, GET bytes=0-2, GET bytes=6-7"},
		{"past the end", core.Span{Start: 99, Length: 3}, nil, "GET bytes=99-101, HEAD"},
		{"past the end, in part", core.Span{Start: 99, Length: 3}, []core.Span{{Length: 1}}, "GET bytes=99-101, HEAD, GET bytes=0-0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			proxy.Set(nil)
			o, err := s.OpenAt(t.Context(), "a", test.first)
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			for _, span := range test.read {
				for range 2 { // asking ahead costs nothing more
					if err := o.(storage.Preparer).Prepare(t.Context(), span); err != nil {
						t.Fatal(err)
					}
				}
				r, err := o.Section(t.Context(), span)
				if err != nil {
					t.Fatal(err)
				}
				got := make([]byte, span.Length)
				if _, err := io.ReadFull(r, got); err != nil || string(got) != "0123456789"[span.Start:span.Start+span.Length] {
					t.Errorf("%+v: %q, %v", span, got, err)
				}
			}
			if m := o.Metadata(); m.Size != 10 || m.ETag == "" {
				t.Errorf("metadata %+v", m)
			}
			if got := strings.Join(proxy.Asked(), ", "); got != test.want {
				t.Errorf("asked %s\nwant  %s", got, test.want)
			}
		})
	}
}

// TestConnectionsAreKept: what was read to its end costs no new connection.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	s, proxy, _ := faulty(t, strings.Repeat("x", 1<<20))
	before := proxy.Connections()
	for i := range 20 {
		first := core.Span{Length: -1}
		if i%2 == 0 {
			first = core.Span{Start: 1000, Length: 1000}
		}
		o, err := s.OpenAt(t.Context(), "a", first)
		if err != nil {
			t.Fatal(err)
		}
		span := core.Span{Start: first.Start, Length: first.Length}
		if span.Length < 0 {
			span.Length = o.Metadata().Size
		}
		r, err := o.Section(t.Context(), span)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.CopyN(io.Discard, r, span.Length); n != span.Length || err != nil {
			t.Fatal(n, err)
		}
		o.Close()
	}
	if made := proxy.Connections() - before; made > 2 {
		t.Errorf("%d connections for 20 downloads, want one or two", made)
	}
}

// TestTries: what may pass is tried three times, what does not pass once.
func TestTries(t *testing.T) {
	t.Parallel()
	s, proxy, _ := faulty(t, "0123456789")
	refuse := func(status int, code string) server.Fault {
		return func(_ int, x *server.Broken) bool { return x.Refuse(status, code) }
	}
	for _, test := range []struct {
		name  string
		fault server.Fault
		tries int
		want  error
		hint  string
	}{
		{"SlowDown", refuse(503, "SlowDown"), 3, storage.ErrUnavailable, "fewer requests"},
		{"internal error", refuse(500, "InternalError"), 3, storage.ErrUnavailable, "InternalError"},
		{"bad gateway without words", refuse(502, ""), 3, storage.ErrUnavailable, "502"},
		{"reset", func(_ int, x *server.Broken) bool { return x.Reset() }, 3, storage.ErrUnavailable, "connection reset"},
		{"closed", func(int, *server.Broken) bool { return true }, 3, storage.ErrUnavailable, "EOF"},
		{"forbidden", refuse(403, "AccessDenied"), 1, storage.ErrUnavailable, "s3:ListBucket"},
		{"expired credentials", refuse(400, "ExpiredToken"), 1, storage.ErrUnavailable, "renew them"},
		{"wrong clock", refuse(403, "RequestTimeTooSkewed"), 1, storage.ErrUnavailable, "clock"},
		{"wrong secret", refuse(403, "SignatureDoesNotMatch"), 1, storage.ErrUnavailable, "secret key"},
		{"archived", refuse(403, "InvalidObjectState"), 1, storage.ErrUnavailable, "restore"},
		{"no bucket", refuse(404, "NoSuchBucket"), 1, storage.ErrUnavailable, "no such bucket"},
		{"no key", refuse(404, "NoSuchKey"), 1, storage.ErrNotFound, ""},
		{"no key, by HEAD's name for it", refuse(404, "NotFound"), 1, storage.ErrNotFound, ""},
		{"another region", refuse(301, "PermanentRedirect"), 1, storage.ErrUnavailable, "region"},
		{"changed", refuse(412, "PreconditionFailed"), 1, storage.ErrChanged, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			proxy.Set(test.fault)
			o, err := s.OpenAt(t.Context(), "a", core.Span{Length: -1})
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.hint) {
				t.Errorf("got %v, %v; want %v with %q", o, err, test.want, test.hint)
			}
			if got := len(proxy.Asked()); got != test.tries {
				t.Errorf("%d tries, want %d", got, test.tries)
			}
			proxy.Set(func(n int, x *server.Broken) bool { return n < test.tries && test.fault(n, x) })
			if o, err = s.OpenAt(t.Context(), "a", core.Span{Length: -1}); err != nil {
				t.Fatalf("all but the last try fail: %v", err)
			}
			o.Close()
		})
	}
}

// TestWrongAnswers: an answer that is not to what was asked is none.
func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	s, proxy, _ := faulty(t, "0123456789")
	set := func(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }
	for _, test := range []struct {
		name   string
		change func(http.Header)
		want   error
	}{
		{"shorter", set("Content-Length", "9"), storage.ErrUnavailable},
		{"longer", set("Content-Length", "11"), storage.ErrUnavailable},
		{"no length", func(h http.Header) { h.Del("Content-Length") }, storage.ErrUnavailable},
		{"no entity-tag", func(h http.Header) { h.Del("ETag") }, storage.ErrUnavailable},
		{"another range", set("Content-Range", "bytes 1-9/10"), storage.ErrUnavailable},
		{"a shorter range", set("Content-Range", "bytes 0-8/10"), storage.ErrUnavailable},
		{"a range of more", set("Content-Range", "bytes 0-9/11"), storage.ErrUnavailable},
		{"a range of less", set("Content-Range", "bytes 0-9/9"), storage.ErrUnavailable},
		{"a range of nobody knows how much", set("Content-Range", "bytes 0-9/*"), storage.ErrUnavailable},
		{"a range of nothing", set("Content-Range", "bytes */10"), storage.ErrUnavailable},
		{"a range in words", set("Content-Range", "all of it"), storage.ErrUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			proxy.Set(func(_ int, x *server.Broken) bool { return x.Change(test.change) })
			o, err := s.OpenAt(t.Context(), "a", core.Span{Length: -1})
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, %v; want %v", o, err, test.want)
			}
			proxy.Set(nil)
			o, err = s.Open(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			proxy.Set(func(_ int, x *server.Broken) bool { return x.Change(test.change) })
			if r, err := o.Section(t.Context(), core.Span{Length: 10}); err == nil {
				got, err := io.ReadAll(r)
				t.Errorf("a section of it: %q, %v; want an error", got, err)
			}
		})
	}
	t.Run("another version under the same name", func(t *testing.T) {
		proxy.Set(nil)
		o, err := s.Open(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		for name, value := range map[string]string{"ETag": `"other"`, "Content-Range": "bytes 0-9/12"} {
			proxy.Set(func(_ int, x *server.Broken) bool { return x.Change(set(name, value)) })
			if _, err := o.Section(t.Context(), core.Span{Length: 10}); !errors.Is(err, storage.ErrChanged) && !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestBrokenBodies: a body that ends early is never taken for the whole.
func TestBrokenBodies(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("0123456789", 10_000)
	s, proxy, _ := faulty(t, content)
	for percent := range 10 {
		for name, end := range map[string]func(x *server.Broken) bool{
			"reset":  func(x *server.Broken) bool { return x.Part(int64(percent)*10_000) && x.Reset() },
			"closed": func(x *server.Broken) bool { return x.Part(int64(percent) * 10_000) },
		} {
			proxy.Set(func(_ int, x *server.Broken) bool { return end(x) })
			o, err := s.OpenAt(t.Context(), "a", core.Span{Length: -1})
			if err != nil {
				continue // the reset overtook the head
			}
			r, err := o.Section(t.Context(), core.Span{Length: 100_000})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err == nil || !strings.HasPrefix(content, string(got)) || len(got) > percent*10_000 {
				t.Errorf("%s at %d0 %%: %d bytes, %v", name, percent, len(got), err)
			}
			if tries := len(proxy.Asked()); name == "closed" && tries != 1 { // a reset overtakes the head
				t.Errorf("%s at %d0 %%: %d requests, want none after the first byte", name, percent, tries)
			}
			o.Close()
		}
	}
}

// TestSilence: a server that says nothing is given up, before the answer and in the
// middle of it.
func TestSilence(t *testing.T) {
	t.Parallel()
	s := server.StartS3(t)
	if err := s.Put(t.Context(), "a", make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	proxy := server.Before(t, s.Addr)
	o := options(s)
	o.Endpoint, o.Timeout, o.ReadTimeout = "http://"+proxy.Addr, time.Second, 100*time.Millisecond
	store := storage.New("s3", open(t, o))
	proxy.Set(func(_ int, x *server.Broken) bool { return x.Stay() })
	start := time.Now()
	_, err := store.OpenAt(t.Context(), "a", core.Span{Length: -1})
	if took := time.Since(start); !errors.Is(err, storage.ErrUnavailable) || took > 10*time.Second {
		t.Errorf("no answer: %v after %v", err, took)
	}
	if tries := len(proxy.Asked()); tries != 2 {
		t.Errorf("%d tries, want 2: each may take half of the time", tries)
	}
	proxy.Set(func(_ int, x *server.Broken) bool { return x.Part(1000) && x.Stay() })
	object, err := store.OpenAt(t.Context(), "a", core.Span{Length: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	r, err := object.Section(t.Context(), core.Span{Length: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if len(got) > 1000 || !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("stopped in the middle: %d bytes, %v", len(got), err)
	}
}

// TestGivenUp: what is closed half-read costs the server no more.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	s, proxy, _ := faulty(t, strings.Repeat("x", 64<<20))
	o, err := s.OpenAt(t.Context(), "a", core.Span{Length: -1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := o.Section(t.Context(), core.Span{Length: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, r, 1000); err != nil {
		t.Fatal(err)
	}
	if proxy.Open() != 1 {
		t.Fatalf("%d exchanges go on, want 1", proxy.Open())
	}
	o.Close()
	for end := time.Now().Add(10 * time.Second); proxy.Open() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the answer still comes 10 s after Close")
		}
	}
}

// TestListFails: a list that cannot be completed is an error, not a short list.
func TestListFails(t *testing.T) {
	t.Parallel()
	s, proxy, _ := faulty(t, "x")
	proxy.Set(func(_ int, x *server.Broken) bool { return x.Refuse(403, "AccessDenied") })
	var got []string
	err := s.List(t.Context(), "", func(e storage.Entry) bool { got = append(got, e.Key); return true })
	if !errors.Is(err, storage.ErrUnavailable) || !strings.Contains(err.Error(), "s3:ListBucket") {
		t.Errorf("got %q, %v", got, err)
	}
	proxy.Set(nil)
	if err := s.List(t.Context(), "", func(e storage.Entry) bool { got = append(got, e.Key); return true }); err != nil || !slices.Equal(got, []string{"a"}) {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestSkewedClock: S3's clock is an hour ahead of this machine's, as far as this can
// know. Its links are dated by S3's clock, and so no more once the two agree.
func TestSkewedClock(t *testing.T) {
	t.Parallel()
	_, proxy, gw := faulty(t, "0123456789")
	o := options(gw)
	o.Endpoint = "http://" + proxy.Addr
	bucket := open(t, o)
	s := storage.New("s3", bucket).WithElsewhere(storage.Elsewhere{Presigner: bucket})
	for _, ahead := range []time.Duration{0, time.Hour, 0} {
		proxy.Set(func(_ int, x *server.Broken) bool {
			return ahead != 0 && x.Change(func(h http.Header) { h.Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat)) })
		})
		if _, err := s.Stat(t.Context(), "a"); err != nil {
			t.Fatalf("%v ahead: %v", ahead, err)
		}
		signed, err := s.Presign(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(signed)
		if err != nil {
			t.Fatal(err)
		}
		dated, err := time.Parse("20060102T150405Z", u.Query().Get("X-Amz-Date"))
		if off := time.Until(dated) - ahead; err != nil || off.Abs() > 10*time.Minute {
			t.Errorf("%v ahead: link is dated %v off, %v", ahead, off, err)
		}
	}
	if resp, body := fetch(t, must(s.Presign(t.Context(), "a", nil)), ""); resp.StatusCode != 200 || body != "0123456789" {
		t.Errorf("afterwards: %d %q", resp.StatusCode, body)
	}
}

func must(text string, err error) string {
	if err != nil {
		panic(err)
	}
	return text
}
