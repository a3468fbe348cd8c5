package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
)

// sum is what the counts of an item come to, "" for those of all.
func (r *running) sum(item string) catalog.Tally {
	r.t.Helper()
	s, err := sqlcat.Open(filepath.Join(r.dir, "xdg", "downlink", "catalog.db"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer s.Close()
	q := catalog.CountQuery{}
	if item != "" {
		q.Items = []string{item}
	}
	all, err := s.Counts(context.Background(), q)
	if err != nil {
		r.t.Fatal(err)
	}
	return all[0].Tally
}

// finish stops the server, which counts what it has in memory.
func (r *running) finish() {
	r.t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		r.t.Error(err)
	}
	r.done <- nil // for the cleanup
}

// from is a field by which a test says where a request comes from.
func from(client string) string { return "X-Real-IP: " + client }

const behindFront = "[server]\nclient_address_header = \"X-Real-IP\"\n" + view

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// post is what a webhook got, posts where it is.
type (
	post  struct{ body, signature string }
	posts struct {
		url string
		got chan post
	}
)

// hook is an application that takes events.
func hook(t *testing.T) posts {
	t.Helper()
	p := posts{got: make(chan post, 10)}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.got <- post{string(body), r.Header.Get("Webhook-Signature")}
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

var trackingOptions = map[string]func(t *testing.T){
	"[tracking] count": func(t *testing.T) {
		for toml, want := range map[string]int64{view: 1, view + "[tracking]\ncount = false\n": 0} {
			r := start(t, toml)
			r.get("/d/item")
			r.finish()
			r.want("downloads", r.sum("item").Downloads, want)
		}
	},
	"[tracking] window": func(t *testing.T) {
		for toml, want := range map[string]int64{behindFront: 1, behindFront + "[tracking]\nwindow = \"off\"\n": 2} {
			r := start(t, toml)
			r.get("/d/item", from("192.0.2.1"))
			r.get("/d/item", from("192.0.2.1"))
			r.finish()
			r.want("downloads", r.sum("item").Downloads, want)
		}
	},
	"[tracking] flush": func(t *testing.T) {
		r, usual := start(t, view+"[tracking]\nflush = \"1m\"\n"), start(t, view)
		r.get("/d/item")
		usual.get("/d/item") // begins to wait later, and not as long
		waitUntil(t, func() bool { return usual.sum("item").Downloads == 1 })
		r.want("downloads", r.sum("item").Downloads, int64(0))
		r.finish()
		r.want("downloads", r.sum("item").Downloads, int64(1))
		quick := start(t, view+"[tracking]\nflush = \"1ms\"\n")
		quick.get("/d/item")
		waitUntil(t, func() bool { return quick.sum("item").Downloads == 1 })
	},
	"[tracking] queue": func(t *testing.T) {
		r := start(t, view+"[tracking]\nqueue = 1\nflush = \"1m\"\n")
		r.get("/d/item") // tells of its beginning and its end
		r.finish()
		if !strings.Contains(r.log.String(), "downloads were not counted") {
			t.Errorf("the log says %s", r.log.String())
		}
	},
	"[tracking] events": func(t *testing.T) {
		r := start(t, view+"[tracking]\nevents = \"log/downloads.jsonl\"\n")
		if err := os.Mkdir(filepath.Join(r.dir, "log"), 0o700); err != nil {
			t.Fatal(err)
		}
		resp, _ := r.get("/d/item", "Range: bytes=0-")
		r.finish()
		text, err := os.ReadFile(filepath.Join(r.dir, "log", "downloads.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		want := `{"id":"` + resp.Header.Get("X-Request-Id") + `","event":"requested","time":"`
		if !strings.HasPrefix(string(text), want) || !strings.Contains(string(text), `"item":"item","route":"/d/{slug}","store":"files","key":"a.txt","status":206,"delivery":"stream","client":"human","range":"bytes=0-","size":5}`+"\n") {
			t.Errorf("got %s", text)
		}
		r = start(t, view+"[tracking]\nevents = \"-\"\n")
		r.get("/d/item")
		r.finish()
		if !strings.Contains(r.out.String(), `"event":"requested"`) {
			t.Errorf("the standard output is %s", r.out.String())
		}
	},
	"[[webhooks]] url": func(t *testing.T) {
		posts := hook(t)
		r := start(t, view+"[[webhooks]]\nurl = \""+posts.url+"\"\n")
		r.get("/d/item")
		r.finish()
		p := <-posts.got
		if !strings.Contains(p.body, `"item":"item"`) || p.signature != "" {
			t.Errorf("got %+v", p)
		}
	},
	"[[webhooks]] secret_file": func(t *testing.T) {
		posts := hook(t)
		path := filepath.Join(t.TempDir(), "key")
		write(t, path, hookSecret+"\n")
		r := start(t, view+"[[webhooks]]\nurl = \""+posts.url+"\"\nsecret_file = \""+path+"\"\n")
		r.get("/d/item")
		r.finish()
		if p := <-posts.got; !strings.HasPrefix(p.signature, "v1,") {
			t.Errorf("signature %q", p.signature)
		}
	},
	"[[webhooks]] secret_env": func(t *testing.T) {
		posts := hook(t)
		t.Setenv("DOWNLINK_TEST_HOOK", hookSecret)
		r := start(t, view+"[[webhooks]]\nurl = \""+posts.url+"\"\nsecret_env = \"DOWNLINK_TEST_HOOK\"\n")
		r.get("/d/item")
		r.finish()
		if p := <-posts.got; !strings.HasPrefix(p.signature, "v1,") {
			t.Errorf("signature %q", p.signature)
		}
	},
	"[[webhooks]] timeout": func(t *testing.T) {
		mute := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}))
		t.Cleanup(mute.Close)
		r := start(t, "[server]\nshutdown_timeout = \"50ms\"\n"+view+"[[webhooks]]\nurl = \""+mute.URL+"\"\ntimeout = \"1ms\"\n")
		r.get("/d/item")
		waitUntil(t, func() bool {
			return strings.Contains(r.log.String(), "downloads are not told yet") && strings.Contains(r.log.String(), "Client.Timeout")
		})
	},
	"[tracking] await_log": func(t *testing.T) {
		for line, want := range map[string]int{"": 0, "[tracking]\nawait_log = \"1h\"\n": 1} {
			r := start(t, "[server]\nrequest_id_header = \"X-Request-Id\"\n"+rule+line)
			resp, _ := r.get("/f/a.txt", throughNginx)
			r.finish()
			s, err := sqlcat.Open(filepath.Join(r.dir, "xdg", "downlink", "catalog.db"))
			if err != nil {
				t.Fatal(err)
			}
			n, err := s.Complete(t.Context(), []catalog.Ended{{ID: resp.Header.Get("X-Request-Id"), Bytes: 5}})
			s.Close()
			if n != want || err != nil {
				t.Errorf("%q: %d downloads are awaited, %v; want %d", line, n, err, want)
			}
		}
	},
}
