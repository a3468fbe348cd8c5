package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/test/need"
	"github.com/downlink-go/downlink/test/server"
	_ "modernc.org/sqlite"
)

const linkSecret = "YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM="

// guarded is a running site whose files not everybody may have.
type guarded struct {
	url      string
	files    string // folder
	conf     string
	downlink *server.Process
	front    *server.Process // nil without one
}

// protected runs a site on its own and behind nginx: the file a.txt of ten digits and
// big.bin of 1 MiB are at /private/ by signed link and at /members/ if the
// application at auth allows it, and the item "report" is at /d/ by link.
func protected(t *testing.T, auth string, run func(t *testing.T, g guarded)) {
	for _, front := range []string{"", "nginx"} {
		t.Run(map[string]string{"": "alone", "nginx": "nginx"}[front], func(t *testing.T) {
			if front != "" {
				server.NeedFront(t, front)
			}
			run(t, startGuarded(t, front, auth))
		})
	}
}

func startGuarded(t *testing.T, front, auth string) guarded {
	t.Helper()
	files, work := t.TempDir(), t.TempDir()
	write(t, filepath.Join(files, "a.txt"), "0123456789")
	write(t, filepath.Join(files, "big.bin"), strings.Repeat("x", 1<<20))
	writeSecret(t, filepath.Join(work, "link.key"), linkSecret+"\n")
	write(t, filepath.Join(work, "revoked.txt"), "id gone\n")
	g := guarded{files: files, conf: filepath.Join(work, "downlink.toml")}
	listen, more := "127.0.0.1:0", ""
	if front != "" {
		listen = "unix:" + filepath.Join(work, "downlink.sock")
		more = "client_address_header = \"X-Forwarded-For\"\n"
	}
	rule := ""
	if front != "" {
		rule = "[[offload]]\nfront = \"" + front + "\"\nsource = \"files\"\n"
	}
	if front == "nginx" || front == "caddy" {
		rule += "destination = \"/_internal/files/\"\n"
	}
	if auth != "" {
		rule += "[[views]]\npattern = \"/members/{path...}\"\nkind = \"storage\"\nstore = \"files\"\nallow = \"forward-auth\"\n[forward_auth]\nurl = \"" + auth + "\"\ntimeout = \"2s\"\n"
	}
	write(t, g.conf, fmt.Sprintf(`[server]
listen = %q
data = %q
%s[links]
revoked = "revoked.txt"
[[links.keys]]
id = "2026"
secret_file = "link.key"
[stores.files]
path = %q
[[views]]
pattern = "/private/{path...}"
kind = "storage"
store = "files"
link = "required"
[[views]]
pattern = "/d/{slug}"
kind = "object"
link = "required"
%s`, listen, filepath.Join(work, "data"), more, files, rule))
	server.LetIn(t, files, work)
	catalog := filepath.Join(work, "items.jsonl")
	write(t, catalog, `{"slug":"report","name":"Report.txt","key":"a.txt"}`+"\n")
	server.Run(t, "import", catalog, "--config", g.conf)
	g.downlink = server.Downlink(t, []string{"--config", g.conf, "--data", filepath.Join(work, "data")})
	g.url = "http://" + g.downlink.Addr
	if front != "" {
		g.front = server.InFront(t, front, g.conf)
		g.url = "http://" + g.front.Addr
	}
	return g
}

// sign is the URL that `downlink sign` prints.
func (g guarded) sign(t *testing.T, path string, flags ...string) string {
	t.Helper()
	return strings.TrimSpace(server.Run(t, append([]string{"sign", g.url + path, "--config", g.conf}, flags...)...))
}

// answer is an answer with its body read.
type answer struct {
	*http.Response
	body string
}

func request(t *testing.T, method, url string, fields ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		req.Header.Add(fields[i], fields[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp, string(body)}
}

func TestL1_SignedLinks(t *testing.T) {
	protected(t, "", func(t *testing.T, g guarded) {
		plain := g.sign(t, "/private/a.txt")
		for _, row := range []struct {
			name        string
			url         string
			status      int
			disposition string
		}{
			{"link", plain, 200, `attachment; filename="a.txt"`},
			{"name, shown", g.sign(t, "/private/a.txt", "--name", "Ümläut \"1\".txt", "--inline"), 200, `inline; filename="_ml_ut '1'.txt"; filename*=UTF-8''%C3%9Cml%C3%A4ut%20%221%22.txt`},
			{"item", g.sign(t, "/d/report"), 200, `attachment; filename="Report.txt"`},
			{"prefix", strings.Replace(g.sign(t, "/private/", "--prefix"), "?", "a.txt?", 1), 200, `attachment; filename="a.txt"`},
			{"client's network", g.sign(t, "/private/a.txt", "--ip", "127.0.0.0/8"), 200, `attachment; filename="a.txt"`},
			{"beside other parameters", plain + "&response-content-type=text/html&filename=x.html", 200, `attachment; filename="a.txt"`},
			{"path in another spelling", strings.Replace(plain, "a.txt", "%61%2Etxt", 1), 200, `attachment; filename="a.txt"`},
			{"no link", g.url + "/private/a.txt", 403, ""},
			{"no link to no file", g.url + "/private/none", 403, ""},
			{"no file", g.sign(t, "/private/none"), 404, ""},
			{"another file", strings.Replace(plain, "a.txt", "big.bin", 1), 403, ""},
			{"another view", strings.Replace(plain, "/private/a.txt", "/d/report", 1), 403, ""},
			{"cut signature", plain[:len(plain)-1], 403, ""},
			{"twice", plain + "&" + plain[strings.Index(plain, "link="):], 403, ""},
			{"another network", g.sign(t, "/private/a.txt", "--ip", "192.0.2.0/24"), 403, ""},
			{"not yet", g.sign(t, "/private/a.txt", "--not-before", "1h"), 403, ""},
			{"key that is not there", g.url + tokenFor(t, "2025", "/private/a.txt", time.Now().Add(time.Hour)), 403, ""},
			{"expired", g.url + tokenFor(t, "2026", "/private/a.txt", time.Now().Add(-time.Second)), 403, ""},
			{"lives too long", g.url + tokenFor(t, "2026", "/private/a.txt", time.Now().Add(1000*time.Hour)), 403, ""},
		} {
			t.Run(row.name, func(t *testing.T) {
				for _, method := range []string{"GET", "HEAD"} {
					a := request(t, method, row.url)
					if a.StatusCode != row.status {
						t.Fatalf("%s: %d, want %d", method, a.StatusCode, row.status)
					}
					if got := a.Header.Get("Content-Disposition"); got != row.disposition {
						t.Errorf("%s: disposition %s, want %s", method, got, row.disposition)
					}
					if got := a.Header.Values("Referrer-Policy"); len(got) != 1 || got[0] != "no-referrer" {
						t.Errorf("%s: Referrer-Policy %q", method, got)
					}
					if got := strings.Join(a.Header.Values("Cache-Control"), "|"); got != "private, no-store" {
						t.Errorf("%s: Cache-Control %q", method, got)
					}
					if row.status == 200 && method == "GET" && a.body != "0123456789" {
						t.Errorf("body %q", a.body)
					}
				}
				if row.status != 403 {
					return
				}
				for _, fields := range [][]string{{"If-None-Match", "*"}, {"Range", "bytes=999-"}, {"Range", "bytes=0-1"}, {"If-Match", `"x"`}, {"If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"}} {
					if a := request(t, "GET", row.url, fields...); a.StatusCode != 403 || a.Header.Get("ETag") != "" {
						t.Errorf("with %q: %d, ETag %q, want 403", fields, a.StatusCode, a.Header.Get("ETag"))
					}
				}
			})
		}
		a := request(t, "GET", plain, "Range", "bytes=2-4")
		if a.StatusCode != 206 || a.body != "234" || a.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("range: %d %q %v", a.StatusCode, a.body, a.Header)
		}
		if a := request(t, "GET", plain, "If-None-Match", request(t, "HEAD", plain).Header.Get("ETag")); a.StatusCode != 304 || a.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("not modified: %d %v", a.StatusCode, a.Header)
		}
		if a := request(t, "POST", plain); a.StatusCode != 405 || a.Header.Get("Allow") == "" {
			t.Errorf("POST: %d %v", a.StatusCode, a.Header)
		}
		g.noTokenInLogs(t, plain)
	})
}

// Every front server tells who the client is, whatever the client says of itself.
func TestL1_ClientsAddressThroughEveryFront(t *testing.T) {
	for _, front := range server.Fronts {
		t.Run(front, func(t *testing.T) {
			server.NeedFront(t, front)
			g := startGuarded(t, front, "")
			here, there := g.sign(t, "/private/a.txt", "--ip", "127.0.0.0/8"), g.sign(t, "/private/a.txt", "--ip", "192.0.2.0/24")
			once := g.sign(t, "/private/a.txt", "--uses", "1")
			for _, row := range []struct {
				name   string
				url    string
				fields []string
				status int
			}{
				{"from here", here, nil, 200},
				{"from here, said to be from there", here, []string{"X-Forwarded-For", "192.0.2.1"}, 200},
				{"from there", there, nil, 403},
				{"said to be from there", there, []string{"X-Forwarded-For", "192.0.2.1"}, 403},
				{"said to be from there twice", there, []string{"X-Forwarded-For", "192.0.2.1", "X-Forwarded-For", "192.0.2.2"}, 403},
				{"said in other words", there, []string{"X-Real-IP", "192.0.2.1", "Forwarded", "for=192.0.2.1", "X_Forwarded_For", "192.0.2.1"}, 403},
				{"no link", g.url + "/private/a.txt", []string{"If-None-Match", "*"}, 403},
				{"probe that nginx reads in its own way", once, []string{"Range", "bytes= 0-1"}, 206},
				{"once", once, nil, 200},
				{"the rest of it", once, []string{"Range", "bytes=4-"}, 206},
				{"the rest, said to be for another", once, []string{"Range", "bytes=4-", "X-Forwarded-For", "192.0.2.1"}, 206},
				{"again", once, nil, 403},
			} {
				a := request(t, "GET", row.url, row.fields...)
				if a.StatusCode != row.status || a.Header.Get("Referrer-Policy") != "no-referrer" {
					t.Errorf("%s: %d, Referrer-Policy %q, want %d", row.name, a.StatusCode, a.Header.Get("Referrer-Policy"), row.status)
				}
				if a.StatusCode < 300 && a.Header.Get("Cache-Control") != "private, no-store" {
					t.Errorf("%s: Cache-Control %q", row.name, a.Header.Get("Cache-Control"))
				}
			}
			// An empty If-Range, which not every server passes on, asks for everything: then
			// it is the one use.
			odd := g.sign(t, "/private/a.txt", "--uses", "1")
			probe, rest := request(t, "GET", odd, "Range", "bytes=0-1", "If-Range", ""), request(t, "GET", odd)
			if !(probe.StatusCode == 206 && probe.body == "01" && rest.StatusCode == 200 || probe.StatusCode == 200 && rest.StatusCode == 403) {
				t.Errorf("empty If-Range: %d with %d bytes, then %d", probe.StatusCode, len(probe.body), rest.StatusCode)
			}
			request(t, "POST", here)
			g.noTokenInLogs(t, here)
		})
	}
}

// tokenFor is a path with a link that `downlink sign` would not make.
func tokenFor(t *testing.T, key, path string, expires time.Time) string {
	t.Helper()
	k, err := link.NewKey(key, []byte(linkSecret))
	if err != nil {
		t.Fatal(err)
	}
	token, err := k.Sign(link.Grant{Path: path, Expires: expires})
	if err != nil {
		t.Fatal(err)
	}
	return link.URL(path, token)
}

// noTokenInLogs looks for the signatures of links where they must not be. The last
// request was a POST. Both logs may be late.
func (g guarded) noTokenInLogs(t *testing.T, signed string) {
	t.Helper()
	_, mac, _ := strings.Cut(signed[strings.Index(signed, "link="):], ".")
	logs := map[string]func() string{"Downlink": g.downlink.Log}
	if g.front != nil && g.front.AccessLog != "" {
		logs["the front server"] = func() string {
			text, _ := os.ReadFile(g.front.AccessLog)
			return string(text)
		}
	}
	for name, read := range logs {
		for end := time.Now().Add(10 * time.Second); !strings.Contains(read(), "POST"); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s logs no request:\n%.3000s", name, read())
			}
		}
		log := read()
		if strings.Contains(log, mac) || strings.Contains(log, "?") || strings.Contains(log, "link=") || !strings.Contains(log, "/private/a.txt") {
			t.Errorf("%s's log has a link:\n%.3000s", name, log)
		}
	}
}

func TestL1_RotationAndRevocation(t *testing.T) {
	protected(t, "", func(t *testing.T, g guarded) {
		mine, eve := g.sign(t, "/private/a.txt", "--id", "mine"), g.sign(t, "/private/a.txt", "--subject", "Eve")
		wait := func(url string, want int) {
			t.Helper()
			for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
				if a := request(t, "GET", url); a.StatusCode == want {
					return
				}
				if time.Now().After(end) {
					t.Fatalf("it does not become %d", want)
				}
			}
		}
		wait(mine, 200)
		wait(eve, 200)
		write(t, filepath.Join(filepath.Dir(g.conf), "revoked.txt"), "id gone\nsubject Eve\n")
		wait(eve, 403)
		wait(mine, 200)
		write(t, filepath.Join(filepath.Dir(g.conf), "revoked.txt"), "id gone\nid mine\n")
		wait(mine, 403)
		if out, err := exec.Command(server.Program(t), "verify", mine, "--config", g.conf).CombinedOutput(); err == nil || !strings.Contains(string(out), "revoked") {
			t.Errorf("verify: %v\n%s", err, out)
		}
	})
}

// application says who may have which file, and notes what it is asked.
func application(t *testing.T) (url string, asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var log []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		log = append(log, r.Method+" for "+r.Header.Get("X-Original-Method")+" "+r.Header.Get("X-Original-URI")+" of "+r.Header.Get("X-Forwarded-For")+" "+r.Header.Get("X-Forwarded-Proto"))
		mu.Unlock()
		cookie, err := r.Cookie("session")
		switch {
		case err != nil:
			w.Header().Set("WWW-Authenticate", `Bearer realm="members"`)
			w.WriteHeader(401)
		case cookie.Value == "broken":
			w.WriteHeader(500)
		case cookie.Value == "ann" && r.Header.Get("X-Original-URI") != "/members/big.bin":
			w.Header().Set("Set-Cookie", "other=1")
			w.WriteHeader(200)
		default:
			w.WriteHeader(403)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/auth", func() []string { mu.Lock(); defer mu.Unlock(); return log }
}

func TestL2_ForwardAuth(t *testing.T) {
	auth, asked := application(t)
	protected(t, auth, func(t *testing.T, g guarded) {
		file := g.url + "/members/a.txt"
		for _, row := range []struct {
			name, url, cookie string
			status            int
		}{
			{"allowed", file, "session=ann", 200},
			{"another spelling of what is allowed", g.url + "/members/%61.txt", "session=ann", 200},
			{"denied", file, "session=bob", 403},
			{"denied this file", g.url + "/members/big.bin", "session=ann", 403},
			{"denied this file in another spelling", g.url + "/members/%62ig.bin", "session=ann", 403},
			{"not logged in", file, "other=1", 401},
			{"no file", g.url + "/members/none", "session=ann", 404},
			{"no file, denied", g.url + "/members/none", "session=bob", 403},
			{"application broken", file, "session=broken", 503},
		} {
			t.Run(row.name, func(t *testing.T) {
				for _, fields := range [][]string{{}, {"If-None-Match", "*"}, {"Range", "bytes=999-"}, {"Range", "bytes=2-4"}} {
					want := row.status
					if want == 200 && len(fields) > 0 {
						want = map[string]int{"*": 304, "bytes=999-": 416, "bytes=2-4": 206}[fields[1]]
					}
					a := request(t, "GET", row.url, append([]string{"Cookie", row.cookie}, fields...)...)
					if a.StatusCode != want {
						t.Fatalf("%v: %d, want %d", fields, a.StatusCode, want)
					}
					switch {
					case want == 401 && a.Header.Get("WWW-Authenticate") != `Bearer realm="members"`:
						t.Errorf("WWW-Authenticate %q", a.Header.Get("WWW-Authenticate"))
					case want < 400 && (a.Header.Get("Cache-Control") != "private, no-cache" || a.Header.Get("Vary") != "Authorization, Cookie"):
						t.Errorf("%v: %v", fields, a.Header)
					case want >= 400 && a.Header.Get("Cache-Control") != "no-store":
						t.Errorf("Cache-Control %q", a.Header.Get("Cache-Control"))
					}
					if a.Header.Get("Set-Cookie") != "" {
						t.Error("a cookie of the application reaches the client")
					}
				}
			})
		}
		if log := asked(); !strings.Contains(strings.Join(log, "\n"), "GET for GET /members/a.txt of 127.0.0.1 http") {
			t.Errorf("the application was asked\n%s", strings.Join(log, "\n"))
		}
	})
}

func TestL2_ForwardAuthFailsClosed(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	gone := s.URL
	s.Close()
	protected(t, gone, func(t *testing.T, g guarded) {
		for _, fields := range [][]string{{}, {"If-None-Match", "*"}, {"Range", "bytes=0-1"}} {
			start := time.Now()
			a := request(t, "GET", g.url+"/members/a.txt", fields...)
			if a.StatusCode != 503 || strings.Contains(a.body, "0123") || time.Since(start) > 5*time.Second {
				t.Errorf("%v: %d %q after %v, want 503", fields, a.StatusCode, a.body, time.Since(start))
			}
		}
	})
}

// 100 requests at once for a link of three uses: three of them get the file.
func TestL3_ExactlyThree(t *testing.T) {
	protected(t, "", func(t *testing.T, g guarded) {
		for _, path := range []string{"/private/a.txt", "/d/report"} {
			signed := g.sign(t, path, "--uses", "3")
			var got, refused atomic.Int64
			var wg sync.WaitGroup
			for range 100 {
				wg.Go(func() {
					switch a := request(t, "GET", signed); a.StatusCode {
					case 200:
						if a.body != "0123456789" {
							t.Errorf("body %q", a.body)
						}
						got.Add(1)
					case 403:
						refused.Add(1)
					default:
						t.Errorf("status %d", a.StatusCode)
					}
				})
			}
			wg.Wait()
			if got.Load() != 3 || refused.Load() != 97 {
				t.Errorf("%s: %d got the file and %d were refused, want 3 and 97", path, got.Load(), refused.Load())
			}
			if out := verifyFails(t, g, signed); !strings.Contains(out, "used        3") {
				t.Errorf("verify says\n%s", out)
			}
		}
	})
}

func verifyFails(t *testing.T, g guarded, url string) string {
	t.Helper()
	out, err := exec.Command(server.Program(t), "verify", url, "--config", g.conf, "--ip", "127.0.0.1").CombinedOutput()
	if err == nil {
		t.Errorf("verify does not fail:\n%s", out)
	}
	return string(out)
}

// What is no download leaves a one-time link as it is; what goes on with one is for
// the client that began it.
func TestL3_OnceAndOnlyForDownloads(t *testing.T) {
	protected(t, "", func(t *testing.T, g guarded) {
		once := g.sign(t, "/private/big.bin", "--uses", "1")
		for _, step := range []struct {
			name   string
			method string
			fields []string
			status int
			length int
		}{
			{"HEAD", "HEAD", nil, 200, 0},
			{"prefetch", "GET", []string{"Sec-Purpose", "prefetch"}, 403, -1},
			{"prefetch of a range", "GET", []string{"Purpose", "prefetch", "Range", "bytes=0-"}, 403, -1},
			{"chat program", "GET", []string{"User-Agent", "TelegramBot (like TwitterBot)"}, 403, -1},
			{"part", "GET", []string{"Range", "bytes=1000-"}, 403, -1},
			{"parts", "GET", []string{"Range", "bytes=1000-1999,3000-3999"}, 403, -1},
			{"last byte", "GET", []string{"Range", "bytes=-1"}, 403, -1},
			{"probe", "GET", []string{"Range", "bytes=0-1"}, 206, 2},
			{"past the end", "GET", []string{"Range", "bytes=9999999-"}, 416, -1},
			{"the download", "GET", []string{"Range", "bytes=0-99999"}, 206, 100000},
			{"next part", "GET", []string{"Range", "bytes=100000-199999"}, 206, 100000},
			{"resumed", "GET", []string{"Range", "bytes=200000-"}, 206, 1<<20 - 200000},
			{"again", "GET", nil, 403, -1},
			{"again from the first byte", "GET", []string{"Range", "bytes=0-"}, 403, -1},
			{"HEAD afterwards", "HEAD", nil, 200, 0},
		} {
			a := request(t, step.method, once, step.fields...)
			if a.StatusCode != step.status || step.length >= 0 && len(a.body) != step.length {
				t.Errorf("%s: %d with %d bytes, want %d with %d", step.name, a.StatusCode, len(a.body), step.status, step.length)
			}
		}
	})
}

// Real clients download, resume and take parts by one-time links, and get nothing
// the second time.
func TestL3_RealClients(t *testing.T) {
	protected(t, "", func(t *testing.T, g guarded) {
		local := filepath.Join(g.files, "huge.bin")
		write(t, local, strings.Repeat("0123456789abcdef", 12<<16)) // 12 MiB
		once := func(t *testing.T) string { return g.sign(t, "/private/huge.bin", "--uses", "1") }
		t.Run("curl resumes", func(t *testing.T) {
			dir, signed := t.TempDir(), once(t)
			write(t, filepath.Join(dir, "huge.bin"), request(t, "GET", signed, "Range", "bytes=0-49999").body)
			client(t, dir, "curl", "-sS", "-f", "-C", "-", "-o", "huge.bin", signed)
			sameFiles(t, filepath.Join(dir, "huge.bin"), local)
			if out, err := command(t, dir, "curl", "-sS", "-f", "-o", "again", signed).CombinedOutput(); err == nil {
				t.Errorf("got it again: %s", out)
			}
		})
		t.Run("wget", func(t *testing.T) {
			dir, signed := t.TempDir(), once(t)
			client(t, dir, "wget", "-q", "--content-disposition", signed)
			sameFiles(t, filepath.Join(dir, "huge.bin"), local)
			if out, err := command(t, dir, "wget", "-q", "-O", "again", signed).CombinedOutput(); err == nil {
				t.Errorf("got it again: %s", out)
			}
		})
		t.Run("aria2 in eight parts", func(t *testing.T) {
			dir, signed := t.TempDir(), once(t)
			log := client(t, dir, "aria2c", append(parallel, "-o", "huge.bin", signed)...)
			if got := strings.Count(log, "\nHTTP/1.1 206 "); got < 5 {
				t.Errorf("%d answers were parts", got)
			}
			sameFiles(t, filepath.Join(dir, "huge.bin"), local)
			if out, err := command(t, dir, "aria2c", append(parallel, "-o", "again", signed)...).CombinedOutput(); err == nil {
				t.Errorf("got it again: %.2000s", out)
			}
		})
		t.Run("Chromium", func(t *testing.T) {
			b, o := startChromium(t), origin{url: g.url}
			b.saveAs(t, true)
			b.visit(t, o, strings.TrimPrefix(once(t), g.url))
			_, file := b.wait(t)
			sameFiles(t, file, local)
		})
	})
}

func TestL3_DatabaseDown(t *testing.T) {
	g := startGuarded(t, "", "")
	once, free := g.sign(t, "/private/a.txt", "--uses", "1"), g.sign(t, "/private/a.txt")
	data := filepath.Join(filepath.Dir(g.conf), "data")
	found, err := filepath.Glob(filepath.Join(data, "catalog.db*"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no database in %s: %v", data, err)
	}
	for _, file := range found {
		if err := os.Truncate(file, 0); err != nil {
			t.Fatal(err)
		}
		write(t, file, strings.Repeat("not a database ", 1000))
	}
	start := time.Now()
	a := request(t, "GET", once)
	if a.StatusCode != 503 || a.Header.Get("Retry-After") == "" || strings.Contains(a.body, "0123") || time.Since(start) > 5*time.Second {
		t.Errorf("%d after %v, want 503", a.StatusCode, time.Since(start))
	}
	if a := request(t, "GET", free); a.StatusCode != 200 {
		t.Errorf("a link without a limit: %d, want 200", a.StatusCode)
	}
}

// Another program holds the database's lock: nobody is counted, and nobody waits
// for long.
func TestL3_DatabaseLocked(t *testing.T) {
	g := startGuarded(t, "", "")
	once, free := g.sign(t, "/private/a.txt", "--uses", "1"), g.sign(t, "/private/a.txt")
	if a := request(t, "HEAD", once); a.StatusCode != 200 {
		t.Fatalf("HEAD: %d", a.StatusCode)
	}
	db, err := sql.Open("sqlite", filepath.Join(filepath.Dir(g.conf), "data", "catalog.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	start := time.Now()
	for range 20 {
		wg.Go(func() {
			if a := request(t, "GET", once); a.StatusCode != 503 || strings.Contains(a.body, "0123") {
				t.Errorf("%d %q, want 503", a.StatusCode, a.body)
			}
		})
	}
	wg.Wait()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("refused after %v", took)
	}
	if a := request(t, "GET", free); a.StatusCode != 200 {
		t.Errorf("a link without a limit: %d, want 200", a.StatusCode)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{200, 403} {
		if a := request(t, "GET", once); a.StatusCode != want {
			t.Errorf("without the lock: %d, want %d", a.StatusCode, want)
		}
	}
}

// The test vectors that another implementation accepts are accepted by the server:
// their format is one, whoever reads it.
func TestL1_VectorsThroughTheServer(t *testing.T) {
	g := startGuarded(t, "", "")
	text, err := os.ReadFile("../../core/link/testdata/downlink_link.py")
	if err != nil {
		t.Fatal(err)
	}
	python := need.Command(t, "python3")
	script := filepath.Join(t.TempDir(), "sign.py")
	call := fmt.Sprintf("\nprint(sign(%q.encode(), b'/private/a.txt', expires=%d, key='2026', file_name='x \\u00fc.txt'))\n", linkSecret, time.Now().Add(time.Hour).Unix())
	write(t, script, strings.Replace(string(text), "if __name__", "if not __name__", 1)+call)
	token, err := exec.Command(python, script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, token)
	}
	a := request(t, "GET", g.url+"/private/a.txt?link="+strings.TrimSpace(string(token)))
	if want := `attachment; filename="x _.txt"; filename*=UTF-8''x%20%C3%BC.txt`; a.StatusCode != 200 || a.Header.Get("Content-Disposition") != want {
		name, _ := json.Marshal(a.Header.Get("Content-Disposition"))
		t.Errorf("%d %s, want 200 %s", a.StatusCode, name, want)
	}
}
