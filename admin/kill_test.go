package admin_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/downlink-go/downlink/admin"
	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/sqlcat"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/dirstore"
)

// killFolder names the folder of the site that a child process of the test below
// serves, killAddr where.
const (
	killFolder = "DOWNLINK_TEST_KILL_FOLDER"
	killAddr   = "DOWNLINK_TEST_KILL_ADDR"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killFolder); dir != "" {
		fmt.Fprintln(os.Stderr, serveUntilKilled(dir, os.Getenv(killAddr)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// optionsIn are those of a site in a folder, which may be there already.
func optionsIn(dir string) (admin.Options, error) {
	files := filepath.Join(dir, "files")
	if err := os.MkdirAll(files, 0o700); err != nil {
		return admin.Options{}, err
	}
	db, err := sqlcat.Open(filepath.Join(dir, "catalog.db"))
	if err != nil {
		return admin.Options{}, err
	}
	store, err := dirstore.Open(files)
	if err != nil {
		return admin.Options{}, err
	}
	return admin.Options{
		Records: admin.SQL(db), Session: time.Hour, Catalog: catalog.New(db), Store: storage.New("files", store), Uploads: filepath.Join(dir, "uploads"), MaxUpload: 1 << 30,
	}, nil
}

func serveUntilKilled(dir, addr string) error {
	o, err := optionsIn(dir)
	if err != nil {
		return err
	}
	h, err := admin.New(o)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	go h.Sweep(context.Background())
	return http.Serve(l, h)
}

// life is one child process that serves until it is killed.
func life(t *testing.T, dir, addr string) (kill func()) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), killFolder+"="+dir, killAddr+"="+addr)
	var said bytes.Buffer
	child.Stderr = &said
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return func() {
		child.Process.Kill()
		child.Wait()
		if said.Len() > 0 {
			t.Errorf("the child said: %s", said.String())
		}
	}
}

// uploader uploads without an end, by either way, until told to stop.
type uploader struct {
	*browser
	mu       sync.Mutex
	sent     map[string]bool // digests of all content that was ever begun
	accepted map[string]bool // of what was answered with success
}

func (u *uploader) run(stop <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
			if !u.one(i) {
				time.Sleep(time.Millisecond) // nobody is there
			}
		}
	}
}

func (u *uploader) note(in map[string]bool, digest string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	in[digest] = true
}

// one uploads a file of random bytes, and reports whether somebody answered at the
// beginning. The server may die at any moment.
func (u *uploader) one(i int) bool {
	content := make([]byte, 1+rand.IntN(200_000))
	for j := range content {
		content[j] = byte(rand.Uint32())
	}
	digest := sum(content)
	u.note(u.sent, digest)
	if i%2 == 0 {
		contentType, body := form(u.t, "file=same name.bin", string(content))
		r := u.request("POST", "/admin/upload", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		resp, err := u.Do(r)
		if err != nil {
			return false
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusSeeOther && strings.HasPrefix(resp.Header.Get("Location"), "/admin/item/") {
			u.note(u.accepted, digest)
		}
		return true
	}
	r := u.tus("POST", "/admin/uploads/", nil)
	r.Header.Set("Upload-Length", fmt.Sprint(len(content)))
	r.Header.Set("Upload-Metadata", "filename c2FtZSBuYW1l")
	resp, err := u.Do(r)
	if err != nil {
		return false
	}
	resp.Body.Close()
	at, half := "/admin/uploads/"+path.Base(resp.Header.Get("Location")), len(content)/2
	for _, part := range [][2]int{{0, half}, {half, len(content)}} {
		r := u.tus("PATCH", at, bytes.NewReader(content[part[0]:part[1]]))
		r.Header.Set("Content-Type", "application/offset+octet-stream")
		r.Header.Set("Upload-Offset", fmt.Sprint(part[0]))
		if resp, err = u.Do(r); err != nil {
			return true
		}
		resp.Body.Close()
	}
	if resp.StatusCode == http.StatusNoContent && resp.Header.Get("Downlink-Item") != "" {
		u.note(u.accepted, digest)
	}
	return true
}

// A process that is killed again and again while files are uploaded shows no part of a file
// and loses none that was accepted.
func TestKilledDuringUploads(t *testing.T) {
	dir := t.TempDir()
	o, err := optionsIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, func(all *admin.Options) { *all = o })
	b := s.anna(t)
	addr := "127.0.0.1:" + strings.Split(s.URL, ":")[2]
	s.CloseClientConnections()
	s.Close() // the children serve at its address, where the browser's cookies go
	u := &uploader{browser: b, sent: map[string]bool{}, accepted: map[string]bool{}}
	stop := make(chan struct{})
	var uploading sync.WaitGroup
	for range 2 {
		uploading.Go(func() { u.run(stop) })
	}
	for range kills {
		kill := life(t, dir, addr)
		time.Sleep(rand.N(longestLife))
		kill()
	}
	close(stop)
	uploading.Wait()
	h, err := admin.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	u.check(s)
}

// check compares what is there now with what was sent.
func (u *uploader) check(s *site) {
	u.t.Helper()
	for _, key := range s.keys(u.t) {
		if !u.sent[sum(s.content(u.t, key))] {
			u.t.Errorf("%s is a part of a file", key)
		}
	}
	there, keys := map[string]bool{}, map[string]bool{}
	for _, it := range s.all(u.t) {
		digest := sum(s.content(u.t, it.Key))
		if digest != it.SHA256 || !u.sent[digest] {
			u.t.Errorf("item %s has a file that nobody sent", it.Slug)
		}
		if keys[it.Key] {
			u.t.Errorf("two items have the file %s", it.Key)
		}
		there[digest], keys[it.Key] = true, true
	}
	for digest := range u.accepted {
		if !there[digest] {
			u.t.Errorf("the accepted file %s is lost", digest)
		}
	}
	u.t.Logf("%d files were begun, %d accepted, %d are there", len(u.sent), len(u.accepted), len(there))
	if len(u.accepted) < kills/10 || len(u.sent) == len(u.accepted) {
		u.t.Error("the test does not interrupt what it means to")
	}
}
