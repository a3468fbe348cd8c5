package front

import (
	_ "embed"
	"io"
	"strings"
	"text/template"
)

// Apache is what a virtual host of Apache with mod_xsendfile depends on.
type Apache struct {
	Upstream   string // where Downlink listens: "host:port" or "unix:/path"
	Listen     string // the virtual host's address; "" is "*:80"
	ServerName string // "" is that of the machine
	AccessLog  string // file, which gets no query; "" is "/var/log/apache2/access.log"
	// Admin has it take uploads for Downlink's admin.
	Admin     bool
	Locations []Location
}

//go:embed apache.conf.tmpl
var apacheTemplate string

var apache = template.Must(template.New("apache").Funcs(template.FuncMap{"quote": quote}).Parse(apacheTemplate))

// Write writes the virtual host. It fails for a name that Apache cannot be told of:
// "${" begins a variable of its configuration.
func (a Apache) Write(w io.Writer) error {
	for _, l := range a.Locations {
		if err := refuse("Apache", "directory", l.Dir, "$"); err != nil {
			return err
		}
	}
	if err := refuse("Apache", "socket", socket(a.Upstream), "$|"); err != nil {
		return err
	}
	if err := refuse("Apache", "access log", a.AccessLog, "$|"); err != nil {
		return err
	}
	a.AccessLog = orDefault(a.AccessLog, "/var/log/apache2/access.log")
	a.Listen = orDefault(a.Listen, "*:80")
	return write(w, apache, a)
}

// Server is the URL of ProxyPass.
func (a Apache) Server() string {
	if path := socket(a.Upstream); path != "" {
		return "unix:" + path + "|http://downlink.invalid/"
	}
	return "http://" + reach(a.Upstream) + "/"
}

// Dirs are the directories of the locations, without a slash at the end.
func (a Apache) Dirs() []string { return roots(a.Locations) }

func roots(locations []Location) (all []string) {
	seen := map[string]bool{}
	for _, l := range locations {
		if root := l.Root(); root != "" && !seen[root] {
			seen[root] = true
			all = append(all, root)
		}
	}
	return all
}

// Comment is the comment of a directory.
func comment(locations []Location, root string) string {
	var all []string
	for _, l := range locations {
		if l.Root() == root && l.Comment != "" {
			all = append(all, l.Comment)
		}
	}
	return strings.Join(all, " ")
}

// Comment says whose files a directory holds.
func (a Apache) Comment(root string) string { return comment(a.Locations, root) }

// Statuses are those of errors that Apache may answer itself.
func (a Apache) Statuses() []int { return ownErrors }

// ownErrors are the statuses of a front server's own errors.
var ownErrors = []int{400, 403, 404, 405, 408, 411, 412, 413, 414, 416, 417, 431, 500, 501, 502, 503, 504, 505}
