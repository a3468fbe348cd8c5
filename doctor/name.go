package doctor

import (
	"slices"

	"github.com/downlink-go/downlink/doctor/nginxconf"
	"github.com/downlink-go/downlink/download"
)

// nameConfig looks for the field in which the front server says its name: without it
// Downlink sends every file itself. Clients get the same then, and nobody is told which
// server is in front, so that it can be read in its configuration only.
func (x *exam) nameConfig() {
	if x.FrontField == "" || len(x.Rules) == 0 || x.Front == "" && x.conf == nil || x.known() {
		return
	}
	front := frontName(&x.Rules[0])
	switch said := x.find("proxy_set_header", named(x.FrontField)); {
	case x.conf == nil || x.FrontName != download.Nginx:
		x.skip(Front, "name", "whether %s says to Downlink that it is in front of it can only be read in its configuration: look for %s there, without which Downlink sends every file itself", front, x.FrontField)
	case said == nil || !slices.Equal(said.Args[1:], []string{download.Nginx}):
		x.fault(Front, "name", "", x.nameChange(said), "%s does not say to Downlink that it is in front of it, so Downlink sends every file itself.", front)
	}
}

// known reports whether files are left to the front server without its name: where the
// application is told that it is always there.
func (x *exam) known() bool {
	return slices.ContainsFunc(x.samples, func(s *sample) bool {
		return s.handed != "" && x.here(x.Handler, get(s.target)).header.Get(s.field) != ""
	})
}

// nameChange has nginx say its name, where it says another one or none.
func (x *exam) nameChange(said *nginxconf.Directive) *Change {
	text := "write proxy_set_header " + x.FrontField + " nginx;"
	if said != nil {
		return instead(said, text)
	}
	if d := x.find("location", isRoot); d != nil {
		return within(d, text)
	}
	return &Change{Block: "location /", Text: text}
}

// isRoot fits the location of all that has no other.
func isRoot(args []string) bool { return slices.Equal(args, []string{"/"}) }
