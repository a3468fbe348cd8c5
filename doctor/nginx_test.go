package doctor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/doctor"
	"github.com/downlink-go/downlink/download"
)

// sound is a location as it should be; FIELDS are its add_header lines.
const sound = `http { gzip off;
 server { location / { proxy_pass http://downlink; }
  location ^~ /i/ {
   internal;
   alias DIR/;
   FIELDS
  }
 }
}`

const fieldLines = "add_header X-Content-Type-Options nosniff always; add_header Content-Security-Policy $x; add_header Referrer-Policy $y;"

// What nginx's configuration says is examined without asking nginx.
func TestNginxConfiguration(t *testing.T) {
	const proxy = "proxy_pass http://remote/;"
	for _, c := range []struct {
		name     string
		old, new string
		want     string // fault and line; "" for none
	}{
		{"sound", "", "", ""},
		{"alias by another name", "alias DIR/;", "alias DIR/../link/;", ""},
		{"headers of the request kept", "alias DIR/;", proxy + " proxy_pass_request_headers off;", ""},
		{"both blanked", "alias DIR/;", proxy + ` proxy_set_header cookie ""; proxy_set_header Authorization "";`, ""},
		{"no location", "location ^~ /i/", "location ^~ /j/", "nginx has no location /i/, to which Downlink sends it for the files of store \"files\"."},
		{"alias elsewhere", "alias DIR/;", "alias /srv/;", ":5: in location ^~ /i/: write alias \"DIR/\"; (it says alias /srv/;)"},
		{"alias without a slash", "alias DIR/;", "alias DIR;", ":5: in location ^~ /i/: write alias"},
		{"no alias", "alias DIR/;", "", ":3: in location ^~ /i/: write alias"},
		{"root", "alias DIR/;", "root DIR/;", ":5: in location ^~ /i/: write alias \"DIR/\"; (it says root DIR/;)"},
		{"not internal", "internal;", "", ":3: in location ^~ /i/: write internal;"},
		{"gzip around", "gzip off;", "gzip on;", ":1: in http: write gzip off; (it says gzip on;)"},
		{"a field that only the server has", "FIELDS", "add_header X-Content-Type-Options nosniff always; add_header Referrer-Policy $y;", "nginx loses Content-Security-Policy in its location /i/."},
		{"cookie sent on", "alias DIR/;", proxy + ` proxy_set_header Authorization "";`, "nginx sends the client's Cookie on to http://remote/"},
		{"cookie set to something", "alias DIR/;", proxy + ` proxy_set_header Authorization ""; proxy_set_header Cookie $http_cookie;`, "nginx sends the client's Cookie on"},
		{"public alias", "location / {", "location /static { alias DIR; } location / {", ":2: in location /static: take this location out"},
		{"public root above", "location / {", "root DIR/..; location / { try_files $uri @downlink; } location @downlink {", "to anybody in its location /,"},
		{"public folder inside", "location / {", "location /sub { alias DIR/sub/; } location / {", "to anybody in its location /sub"},
		{"public regular expression", "location / {", `root DIR; location ~ \.txt$ { expires 1d; } location / {`, `to anybody in its location ~ \.txt$`},
		{"public root of a server", "location / {", "root DIR; location = / { return 204; } location /x {", ":2: in server: take the root of this server out"},
		{"root of a server that takes nothing", "location / {", "root DIR; location / {", ""},
		{"root of a server with an expression", "location / {", "root DIR; location ~ ^/ {", ""},
		{"root of a server that refuses", "location / {", "root DIR; return 404; location /x {", ""},
		{"root of all servers", "server { location / {", "root DIR; server { location /x {", "to anybody in its server,"},
		{"a folder beside", "location / {", "location /other { alias DIR-other/; } location / {", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := well(t)
			dir, _ := s.Stores[0].LocalPath("")
			link := filepath.Join(filepath.Dir(dir), "link")
			if err := os.Symlink(dir, link); err != nil {
				t.Fatal(err)
			}
			in := strings.NewReplacer("DIR", dir, "FIELDS", fieldLines)
			text := in.Replace(strings.Replace(sound, c.old, c.new, 1))
			s.App, s.Front, s.FrontConfig = "", "", filepath.Join(t.TempDir(), "nginx.conf")
			if err := os.WriteFile(s.FrontConfig, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s.Rules = []download.Rule{{Front: "nginx", Source: "files", Destination: "/i/"}}
			faults := doctor.Examine(t.Context(), s).Faults()
			got := texts(faults)
			for _, f := range faults {
				got += "\n" + f.Change.String()
			}
			if c.want == "" && len(faults) > 0 || c.want != "" && (len(faults) != 1 || !strings.Contains(got, in.Replace(c.want))) {
				t.Errorf("faults:\n%s\nwant %q", got, c.want)
			}
		})
	}
}
