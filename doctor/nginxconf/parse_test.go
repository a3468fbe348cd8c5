package nginxconf_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/doctor/nginxconf"
)

// outline is a tree as lines of text, to compare.
func outline(all []*nginxconf.Directive) string {
	var lines []string
	nginxconf.Walk(all, func(d *nginxconf.Directive) {
		depth := 0
		for p := d.Parent; p != nil; p = p.Parent {
			depth++
		}
		lines = append(lines, fmt.Sprintf("%s%d %s", strings.Repeat("  ", depth), d.Line, d))
	})
	return strings.Join(lines, "\n")
}

func TestParse(t *testing.T) {
	const text = `user www-data; # who reads
http {
    log_format x '$remote_addr "$request"'
                 "a\"b;";
    server { listen 80; root /srv/${host}/x;
        location ~ \.php$ { return 200 "a
b"; }
        add_header X ""; }
}
events{}
`
	const want = `1 user www-data;
2 http
  3 log_format x "$remote_addr \"$request\"" "a\"b;";
  5 server
    5 listen 80;
    5 root "/srv/${host}/x";
    6 location ~ \.php$
      6 return 200 "a
b";
    8 add_header X "";
10 events`
	all, err := nginxconf.Parse("nginx.conf", text)
	if err != nil {
		t.Fatal(err)
	}
	if got := outline(all); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"http {\n":            "x:2: the block of http on line 1 has no end",
		"http {\n gzip on }":  "x:2: the directive on line 2 has no end",
		"}":                   "x:1: the directive on line 1 has no end",
		"gzip on":             "x:1: the directive on line 1 has no end",
		";":                   `x:1: ";" stands where a directive should`,
		"\n{}":                `x:2: "{" stands where a directive should`,
		"add_header X \"abc;": "x:1: a quote has no end",
	} {
		if _, err := nginxconf.Parse("x", text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestInherited(t *testing.T) {
	all, err := nginxconf.Parse("x", "http { gzip on; add_header A a; server { location /a { add_header B b; } location /b { gzip off; } } }")
	if err != nil {
		t.Fatal(err)
	}
	locations := all[0].First("server").All("location")
	for i, want := range []string{"gzip on;[add_header B b;]", "gzip off;[add_header A a;]"} {
		got := fmt.Sprintf("%s%s", locations[i].Inherited("gzip")[0], locations[i].Inherited("add_header"))
		if got != want {
			t.Errorf("location %d: %s, want %s", i, got, want)
		}
	}
	if none := locations[0].Inherited("alias"); none != nil || locations[0].First("alias") != nil {
		t.Errorf("found %v", none)
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const included = "1 user x;\n3 http\n  1 server\n    1 gzip on;\n  1 server"

func TestReadFollowsIncludes(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"nginx.conf": "user x;\n\nhttp {\n  include conf.d/*.conf;\n}\n", "conf.d/a.conf": "server { gzip on; }\n", "conf.d/b.conf": "server {}", "conf.d/c": "gzip off;",
		"self.conf": "include self.conf;", "lost.conf": "\ninclude none.conf;", "bad.conf": "include conf.d/[;",
	})
	all, err := nginxconf.Read(filepath.Join(dir, "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if got := outline(all); got != included {
		t.Errorf("got\n%s\nwant\n%s", got, included)
	}
	if got := all[1].Block[0].File; got != filepath.Join(dir, "conf.d/a.conf") {
		t.Errorf("the server is in %s", got)
	}
	for name, want := range map[string]string{"self.conf": "included too deep", "lost.conf": "lost.conf:2: include", "bad.conf": "bad.conf:1: include", "none.conf": "no such file"} {
		if _, err := nginxconf.Read(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestReadDump(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"all": `nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
# configuration file /etc/nginx/nginx.conf:
user x;

http {
    include /etc/nginx/conf.d/*.conf;
}

# configuration file /etc/nginx/conf.d/a.conf:
server { gzip on; }
# configuration file /etc/nginx/conf.d/b.conf:
server {}
`})
	all, err := nginxconf.Read(filepath.Join(dir, "all"))
	if err != nil {
		t.Fatal(err)
	}
	if got := outline(all); got != included {
		t.Errorf("got\n%s\nwant\n%s", got, included)
	}
	if got := all[1].Block[0]; got.File != "/etc/nginx/conf.d/a.conf" {
		t.Errorf("the server is in %s", got.File)
	}
}

// Whatever nginx's users write, the parser ends, and what it prints of a tree it
// reads again as the same.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"a b;", "http { server { listen 80; } }", `a "b\"c" 'd' ${e};`, "a{b;}#c\n", "a\\;b;"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := nginxconf.Parse("x", text)
		if err != nil {
			return
		}
		nginxconf.Walk(all, func(d *nginxconf.Directive) {
			if d.Name == "" && !strings.ContainsAny(text, `"'`) || d.Line < 1 || d.Line > strings.Count(text, "\n")+1 {
				t.Errorf("%q: directive %q on line %d", text, d.Name, d.Line)
			}
		})
	})
}
