package doctor

import (
	"os"
	"slices"
	"strings"

	"github.com/downlink-go/downlink/doctor/nginxconf"
	"github.com/downlink-go/downlink/download"
)

// frontConfig looks for what cannot be seen from outside, or not by the samples.
func (x *exam) frontConfig() {
	remote := false
	for i := range x.Rules {
		r := &x.Rules[i]
		if !isNginx(r) {
			continue
		}
		remote = remote || r.Remote != ""
		if x.conf != nil {
			x.ruleConfig(r)
		}
	}
	switch {
	case x.conf != nil:
		x.publicConfig()
	case remote:
		x.skip(Front, "cookies", "whether nginx keeps the client's cookies from the remote server can only be read in its configuration: give that, too")
	}
	x.nameConfig()
}

// ruleConfig examines the locations of a rule.
func (x *exam) ruleConfig(r *download.Rule) {
	for _, prefix := range [...]string{r.Destination, r.OwnDestination()} {
		all := x.locations(prefix)
		if len(all) == 0 && prefix == r.Destination {
			x.fault(Front, "configuration", prefix, &Change{Text: "let `downlink front nginx` write it again"},
				"nginx has no location %s, to which Downlink sends it for %s.", prefix, files(r))
		}
		for _, l := range all {
			x.locationConfig(r, prefix, l)
		}
	}
	if len(x.report.Faults()) == 0 {
		x.ok(Front, "configuration", "nginx's locations for %s are as Downlink needs them", files(r))
	}
}

func (x *exam) locationConfig(r *download.Rule, prefix string, l *nginxconf.Directive) {
	if l.First("internal") == nil {
		x.fault(Front, "internal", prefix, within(l, "write internal;"), "nginx's location %s is not internal: anybody may ask for %s there, past Downlink.", prefix, files(r))
	}
	if dir := x.dir(r); dir != "" && !x.told[key(Together, "download", "directory "+r.Destination)] {
		x.aliasConfig(dir, prefix, l)
	}
	if on := l.Inherited("gzip"); len(on) > 0 && slices.Equal(on[0].Args, []string{"on"}) {
		x.fault(Together, "download", "gzip", instead(on[0], "write gzip off;"), "nginx compresses downloads, which changes their bytes, their ETag and their ranges.")
	}
	for _, name := range [...]string{"X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy"} {
		if !has(l.Inherited("add_header"), name) {
			x.fault(Together, "download", name+" "+r.Destination, within(l, "write add_header "+name+" "+lostByRedirect[name]+";"),
				"nginx loses %s in its location %s.", name, prefix)
		}
	}
	if pass := l.First("proxy_pass"); pass != nil {
		x.cookieConfig(l, pass)
	}
}

// aliasConfig examines where a location looks for files. Another name of the same
// folder will do.
func (x *exam) aliasConfig(dir, prefix string, l *nginxconf.Directive) {
	text := "write " + aliasOf(dir)
	alias := l.First("alias")
	if alias == nil || len(alias.Args) != 1 {
		change := within(l, text)
		if root := l.First("root"); root != nil {
			change = instead(root, text)
		}
		if l.First("proxy_pass") == nil {
			x.fault(Together, "download", "directory "+prefix, change, "nginx's location %s has no alias, so it does not find the files in %s.", prefix, dir)
		}
		return
	}
	want, wantErr := os.Stat(dir)
	got, err := os.Stat(alias.Args[0])
	if wantErr == nil && (err != nil || !os.SameFile(want, got)) || !strings.HasSuffix(alias.Args[0], "/") {
		x.fault(Together, "download", "directory "+prefix, instead(alias, text), "nginx's location %s leads elsewhere than to %s.", prefix, dir)
	}
}

// credentials are the request fields that are between the client and this site.
var credentials = [...]string{"Cookie", "Authorization"}

// cookieConfig examines what a location sends to a remote server.
func (x *exam) cookieConfig(l, pass *nginxconf.Directive) {
	if off := l.Inherited("proxy_pass_request_headers"); len(off) > 0 && slices.Equal(off[0].Args, []string{"off"}) {
		return
	}
	for _, name := range credentials {
		blank := slices.ContainsFunc(l.Inherited("proxy_set_header"), func(d *nginxconf.Directive) bool { return blanking(name)(d.Args) })
		if !blank {
			x.fault(Front, "cookies", name+" "+l.Args[len(l.Args)-1], within(l, `write proxy_set_header `+name+` "";`),
				"nginx sends the client's %s on to %s, which is none of that server's business.", name, strings.Join(pass.Args, " "))
		}
	}
}

func has(all []*nginxconf.Directive, name string) bool {
	return slices.ContainsFunc(all, func(d *nginxconf.Directive) bool { return len(d.Args) > 1 && strings.EqualFold(d.Args[0], name) })
}

// publicConfig looks for blocks that give files of a store or rule to anybody.
func (x *exam) publicConfig() {
	for i := range x.Rules {
		dir := x.dir(&x.Rules[i])
		if dir == "" {
			continue
		}
		for _, p := range x.publics() {
			_, in := below(dir, p.dir)
			_, around := below(p.dir, dir)
			if in || around {
				x.fault(Front, "public", "", p.change(),
					"nginx gives %s to anybody in its %s, without asking Downlink.", files(&x.Rules[i]), block(p.block))
			}
		}
	}
}
