package doctor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/adapters/nethttp"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/doctor"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/downloadtest"
	"github.com/downlink-go/downlink/storage"
)

const content = "the content of a file that is long enough to have parts"

// well is a site of one file, whose application answers in this process and at a
// port of its own.
func well(t *testing.T) doctor.Site {
	t.Helper()
	store := downloadtest.TempStore(t, "files", map[string]string{"a.txt": content})
	h := handler(t, store)
	app := httptest.NewServer(h)
	t.Cleanup(app.Close)
	return doctor.Site{
		Handler: h, Direct: h, Stores: []*storage.Store{store}, Files: []string{"/files/a.txt"},
		App: app.Listener.Addr().String(), Front: app.URL,
	}
}

func handler(t *testing.T, store *storage.Store, rules ...download.Rule) http.Handler {
	t.Helper()
	service, err := download.New([]download.Route{{Pattern: "/files/{path...}", View: &download.StorageView{Store: store}}}, rules)
	if err != nil {
		t.Fatal(err)
	}
	return nethttp.New(service, nethttp.Options{})
}

// at serves a handler at a port of its own.
func at(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func texts(results []doctor.Result) string {
	var lines []string
	for _, r := range results {
		lines = append(lines, string(r.Hop)+" "+string(r.State)+": "+r.Text)
	}
	return strings.Join(lines, "\n")
}

func TestWellSite(t *testing.T) {
	report := doctor.Examine(t.Context(), well(t))
	if faults := report.Faults(); len(faults) > 0 {
		t.Error(texts(faults))
	}
	for _, hop := range []doctor.Hop{doctor.Storage, doctor.App, doctor.Together} {
		if !strings.Contains(texts(report.Results), string(hop)+" ok: ") {
			t.Errorf("nothing is said of %s in\n%s", hop, texts(report.Results))
		}
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		bend func(t *testing.T, s *doctor.Site)
		want string // hop and words of the first fault
	}{
		{"store that cannot be listed", func(_ *testing.T, s *doctor.Site) {
			s.Stores = append(s.Stores, storage.New("s3", sick{list: errors.New("no route")}))
		}, `storage fault: Store "s3" cannot be listed: `},
		{"store that cannot be opened", func(_ *testing.T, s *doctor.Site) {
			s.Stores = append(s.Stores, storage.New("s3", sick{open: errors.New("access denied")}))
		}, `storage fault: Store "s3" has "a.txt", which cannot be read: `},
		{"catalogue that is gone", func(_ *testing.T, s *doctor.Site) { s.Catalog = catalog.New(gone{}) }, "storage fault: The catalogue does not answer: "},
		{"file that is not there", func(_ *testing.T, s *doctor.Site) { s.Files = []string{"/files/none"} }, "storage fault: No file can be read for /files/none: the answer of this configuration is 404"},
		{"file that breaks off", func(_ *testing.T, s *doctor.Site) {
			s.Direct = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}, "storage fault: The file at /files/a.txt cannot be read to its end"},
		{"nothing listens", func(t *testing.T, s *doctor.Site) { s.App, s.Front = nothing(t), "" }, "downlink fault: Nothing answers at 127.0.0.1:"},
		{"nothing listens, no file", func(t *testing.T, s *doctor.Site) { s.App, s.Front, s.Files = nothing(t), "", nil }, "downlink fault: Nothing answers at 127.0.0.1:"},
		{"another configuration", func(t *testing.T, s *doctor.Site) {
			s.Handler = handler(t, s.Stores[0], download.Rule{Source: "files", Destination: "/i/"})
		}, "downlink fault: Downlink alone sends other bytes for /files/a.txt than this configuration has: 55 of them, not 0."},
		{"another application", func(t *testing.T, s *doctor.Site) {
			s.App = strings.TrimPrefix(at(t, http.NotFound), "http://")
		}, "downlink fault: Downlink alone answers /files/a.txt with 404, where this configuration says 200."},
		{"other fields", func(t *testing.T, s *doctor.Site) {
			h := s.Handler
			s.App = strings.TrimPrefix(at(t, func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(without{w, "ETag"}, r) }), "http://")
		}, "downlink fault: Downlink alone answers /files/a.txt with no Etag, where this configuration says Etag: "},
		{"front that is not there", func(t *testing.T, s *doctor.Site) { s.Front = "http://" + nothing(t) }, "front fault: The front server does not answer at http://127.0.0.1:"},
		{"front without scheme", func(_ *testing.T, s *doctor.Site) { s.Front = "files.example.org" }, "front fault: The front server's URL cannot be used"},
		{"front with a path", func(_ *testing.T, s *doctor.Site) { s.Front += "/files/" }, "has a path"},
		{"front that redirects", func(t *testing.T, s *doctor.Site) {
			s.Front = at(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://other.example"+r.URL.Path, http.StatusMovedPermanently)
			})
		}, "together fault: The front server sends the client from /files/a.txt to https://other.example/files/a.txt"},
		{"front that breaks off", func(t *testing.T, s *doctor.Site) {
			s.Front = at(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "55")
				w.Write([]byte("the con"))
			})
		}, "together fault: The front server breaks /files/a.txt off after 7 bytes"},
		{"front that changes bytes", func(t *testing.T, s *doctor.Site) {
			h := s.Handler
			s.Front = at(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Disposition", "attachment")
				if r.Method == "GET" {
					w.Write([]byte("something else"))
					return
				}
				h.ServeHTTP(w, r)
			})
		}, "together fault: The front server sends other bytes for /files/a.txt than Downlink would: 14 of them, not 55."},
		{"front that shows its orders", func(t *testing.T, s *doctor.Site) {
			s.Front = at(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Accel-Redirect", "/i/a.txt") })
		}, "together fault: The front server does not obey Downlink: it passes X-Accel-Redirect on"},
		{"a field twice", func(t *testing.T, s *doctor.Site) {
			h := s.Handler
			s.Front = at(t, func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(with{w, "Cache-Control", "public"}, r) })
		}, "together fault: The front server sends Cache-Control of /files/a.txt more than once: private, no-cache, public."},
		{"a field changed", func(t *testing.T, s *doctor.Site) {
			h := s.Handler
			s.Front = at(t, func(w http.ResponseWriter, r *http.Request) {
				h.ServeHTTP(with{without{w, "Cache-Control"}, "Cache-Control", "public"}, r)
			})
		}, `together fault: The front server changes Cache-Control of /files/a.txt to "public" from "private, no-cache".`},
		{"a field added", func(t *testing.T, s *doctor.Site) {
			h := s.Handler
			s.Front = at(t, func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(with{w, "Link", "</x>"}, r) })
		}, "together fault: The front server adds Link: </x> to /files/a.txt."},
		{"HEAD refused", func(t *testing.T, s *doctor.Site) {
			h := s.Handler
			s.Front = at(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "HEAD" {
					w.WriteHeader(405)
					return
				}
				h.ServeHTTP(w, r)
			})
		}, "together fault: The front server answers HEAD of /files/a.txt with 405, where Downlink says 200."},
		{"configuration that is no file", func(_ *testing.T, s *doctor.Site) { s.FrontConfig = "/none" }, "front fault: nginx's configuration cannot be read: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := well(t)
			c.bend(t, &s)
			faults := doctor.Examine(t.Context(), s).Faults()
			if len(faults) == 0 || !strings.Contains(texts(faults[:1]), c.want) {
				t.Errorf("faults:\n%s\nwant first %q", texts(faults), c.want)
			}
			for _, f := range faults {
				if !strings.HasSuffix(f.Text, ".") || f.Check == "" {
					t.Errorf("%q of check %q is no sentence", f.Text, f.Check)
				}
			}
		})
	}
}

// nothing is an address at which nothing listens.
func nothing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// sick is a driver whose methods fail.
type sick struct{ list, open error }

func (d sick) Stat(context.Context, string) (core.Metadata, error)  { return core.Metadata{}, d.open }
func (d sick) Open(context.Context, string) (storage.Object, error) { return nil, d.open }
func (d sick) List(_ context.Context, _ string, yield func(storage.Entry) bool) error {
	yield(storage.Entry{Key: "a.txt"})
	return d.list
}

// gone is a catalogue's driver that does not answer.
type gone struct{ catalog.Driver }

func (gone) List(context.Context, string, func(catalog.Item) bool) error {
	return errors.New("database is locked")
}

// without takes a field out of an answer.
type without struct {
	http.ResponseWriter
	name string
}

func (w without) WriteHeader(status int) {
	w.Header().Del(w.name)
	w.ResponseWriter.WriteHeader(status)
}

// with adds a field to an answer.
type with struct {
	http.ResponseWriter
	name, value string
}

func (w with) WriteHeader(status int) {
	if inner, ok := w.ResponseWriter.(without); ok {
		w.Header().Del(inner.name)
		w.ResponseWriter = inner.ResponseWriter
	}
	w.Header().Add(w.name, w.value)
	w.ResponseWriter.WriteHeader(status)
}

func TestForbiddenSampleIsNoFault(t *testing.T) {
	s := well(t)
	h := s.Handler
	secret := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer x" {
			w.WriteHeader(403)
			return
		}
		h.ServeHTTP(w, r)
	})
	s.Handler, s.Direct, s.Front = secret, secret, at(t, secret)
	s.App = strings.TrimPrefix(s.Front, "http://")
	report := doctor.Examine(t.Context(), s)
	if got := texts(report.Results); len(report.Faults()) > 0 || !strings.Contains(got, "storage skipped: /files/a.txt is answered 403") {
		t.Errorf("without the field:\n%s", got)
	}
	s.Header = http.Header{"Authorization": {"Bearer x"}}
	report = doctor.Examine(t.Context(), s)
	if got := texts(report.Results); len(report.Faults()) > 0 || !strings.Contains(got, "/files/a.txt arrives whole") {
		t.Errorf("with the field:\n%s", got)
	}
}

func TestRedirects(t *testing.T) {
	var gotAuthorization string
	status := 200
	bucket := at(t, func(w http.ResponseWriter, r *http.Request) {
		gotAuthorization = r.Header.Get("Authorization")
		w.WriteHeader(status)
		fmt.Fprint(w, content)
	})
	n := 0
	app := func(w http.ResponseWriter, r *http.Request) {
		n++ // the signature differs each time
		w.Header().Set("Location", fmt.Sprintf("%s/a.txt?signature=%d", bucket, n))
		w.Header().Set("Cache-Control", "private, no-store")
		w.WriteHeader(302)
	}
	s := well(t)
	s.Stores, s.Handler, s.Direct, s.Front = nil, http.HandlerFunc(app), http.HandlerFunc(app), at(t, app)
	s.App, s.Header = strings.TrimPrefix(s.Front, "http://"), http.Header{"Authorization": {"secret"}}
	if got := texts(doctor.Examine(t.Context(), s).Results); strings.Contains(got, "fault") || !strings.Contains(got, "which sends 55 bytes") {
		t.Error(got)
	}
	if gotAuthorization != "" {
		t.Errorf("the storage got Authorization: %s", gotAuthorization)
	}
	status = 403
	if got := texts(doctor.Examine(t.Context(), s).Faults()); !strings.Contains(got, "The storage to which /files/a.txt is redirected answers 403") {
		t.Errorf("faults:\n%s", got)
	}
	status = 200
	s.Front = at(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://evil.example/", http.StatusFound)
	})
	if got := texts(doctor.Examine(t.Context(), s).Faults()); !strings.Contains(got, `with 302 and Location "https://evil.example/", where Downlink says 302`) {
		t.Errorf("faults:\n%s", got)
	}
	s.Front = at(t, func(w http.ResponseWriter, r *http.Request) { app(without{w, "Cache-Control"}, r) })
	if got := texts(doctor.Examine(t.Context(), s).Faults()); !strings.Contains(got, "lets the redirect of /files/a.txt be stored") {
		t.Errorf("faults:\n%s", got)
	}
}

// The application is asked as the front server asks it that is to be examined.
func TestFrontName(t *testing.T) {
	store := downloadtest.TempStore(t, "files", map[string]string{"a.txt": content})
	dir, _ := store.LocalPath("")
	rules := []download.Rule{
		{Front: download.Nginx, Source: "files", Destination: "/i/"},
		{Front: download.Apache, Source: "files", Destination: dir + "/"},
	}
	routes := []download.Route{{Pattern: "/files/{path...}", View: &download.StorageView{Store: store}}}
	service, err := download.New(routes, rules)
	if err != nil {
		t.Fatal(err)
	}
	h := nethttp.New(service, nethttp.Options{FrontField: "X-Front"})
	s := doctor.Site{
		Handler: h, Direct: handler(t, store), Rules: rules, Files: []string{"/files/a.txt"}, FrontField: "X-Front",
		App: strings.TrimPrefix(at(t, h.ServeHTTP), "http://"),
	}
	for name, want := range map[string]string{"": "/i/a.txt", "nginx": "/i/a.txt", "apache": dir + "/a.txt", "caddy": ""} {
		s.FrontName = name
		report := doctor.Examine(t.Context(), s)
		if want = "leaves it to the front server as " + want; name == "caddy" {
			want = "sends it itself"
		}
		if got := texts(report.Results); len(report.Faults()) > 0 || !strings.Contains(got, want) {
			t.Errorf("front %q:\n%s\nwant %q", name, got, want)
		}
	}
}

// A front server's name can only be read in its configuration, unless the application
// is told that it is there.
func TestFrontThatSaysItsName(t *testing.T) {
	s := well(t)
	s.Rules, s.FrontField = []download.Rule{{Front: download.Caddy, Source: "files", Destination: "/i/"}}, "X-Front"
	routes := []download.Route{{Pattern: "/files/{path...}", View: &download.StorageView{Store: s.Stores[0]}}}
	service, err := download.New(routes, s.Rules)
	if err != nil {
		t.Fatal(err)
	}
	for front, unknown := range map[string]bool{"": true, "caddy": false} {
		h := nethttp.New(service, nethttp.Options{FrontField: "X-Front", Front: front})
		s.Handler, s.App = h, strings.TrimPrefix(at(t, h.ServeHTTP), "http://")
		report := doctor.Examine(t.Context(), s)
		const want = "front skipped: whether Caddy says to Downlink that it is in front of it can only be read in its configuration: look for X-Front there"
		if got := texts(report.Results); len(report.Faults()) > 0 || strings.Contains(got, want) != unknown {
			t.Errorf("the application knows %q:\n%s", front, got)
		}
	}
}

func TestSilentServersAreNotWaitedFor(t *testing.T) {
	s := well(t)
	done := make(chan struct{})
	silent := at(t, func(http.ResponseWriter, *http.Request) { <-done })
	t.Cleanup(func() { close(done) })
	s.App, s.Front, s.Timeout = strings.TrimPrefix(silent, "http://"), silent, 50*time.Millisecond
	faults := texts(doctor.Examine(t.Context(), s).Faults())
	if !strings.Contains(faults, "downlink fault: Nothing answers") || !strings.Contains(faults, "front fault: The front server does not answer") {
		t.Errorf("faults:\n%s", faults)
	}
}

func TestChange(t *testing.T) {
	for want, c := range map[string]doctor.Change{
		"write x;":      {Text: "write x;"},
		"f:3: write x;": {File: "f", Line: 3, Text: "write x;"},
		"f: write x;":   {File: "f", Text: "write x;"},
		"f:3: in location /: write x; (it says y;)": {File: "f", Line: 3, Block: "location /", Text: "write x;", Now: "y;"},
	} {
		if got := c.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A result is data for others: its names stay.
func TestResultAsJSON(t *testing.T) {
	r := doctor.Result{Hop: doctor.Front, Check: "internal", State: doctor.Fault, Text: "x.", Change: &doctor.Change{File: "f", Line: 3, Block: "b", Text: "t", Now: "n"}}
	got, err := json.Marshal(r)
	const want = `{"hop":"front","check":"internal","state":"fault","text":"x.","change":{"file":"f","line":3,"block":"b","text":"t","now":"n"}}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}

// What a server says cannot steer a terminal.
func TestTextsArePrintable(t *testing.T) {
	s := well(t)
	s.Front = at(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "/\u009b31m")
		w.WriteHeader(302)
	})
	for _, r := range doctor.Examine(t.Context(), s).Results {
		if strings.ContainsFunc(r.Text, func(c rune) bool { return c < ' ' || c >= 0x7f && c < 0xa0 }) {
			t.Errorf("%q", r.Text)
		}
	}
}
