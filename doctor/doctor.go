// Package doctor examines a running site hop by hop: the storage, Downlink alone, the
// front server, and all of them together. What should be answered it finds out by
// asking the same handlers in its own process. Each fault is named in one sentence,
// with the line to change. It reads files and asks for them; it changes nothing.
package doctor

import (
	"context"
	"net/http"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/doctor/nginxconf"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// Site is a running site and what it is meant to be. What is left out is not
// examined.
type Site struct {
	// Handler is the application as it is configured, and Direct the same without
	// offload rules: what a client must get in the end. Both answer in this process.
	Handler, Direct http.Handler
	Rules           []download.Rule

	Stores  []*storage.Store
	Catalog *catalog.Catalog

	// Files are URL paths of files to ask for, percent-encoded. One for each view and
	// rule is enough; small ones are quick.
	Files []string
	// Without are the patterns of views of which no file is in Files: the report says
	// that they were not examined.
	Without []string
	// Header is sent with every request: what a login needs, for instance.
	Header http.Header

	App   string // where the application listens: "host:port" or "unix:/path"
	Front string // URL of the front server, such as "https://files.example.org"

	// FrontField is the request field in which the front server says its name to the
	// application, as nethttp.Options has it; FrontName is that name. Rules for other
	// front servers are passed over. "" is the name that the first rule has.
	FrontField, FrontName string

	// FrontConfig is nginx's configuration, as nginxconf.Read takes it. With it a
	// fault comes with its file and line, and some are found that cannot be seen from
	// outside.
	FrontConfig string
	// FrontUser is the user that the front server reads files as; "" is the one that
	// FrontConfig says, or whoever listens at Front on this machine.
	FrontUser string

	// Position, if set, is where a key of the configuration such as "server.listen"
	// was written.
	Position func(key string) (file string, line int)
	// Timeout is for each request; 0 is 10 seconds.
	Timeout time.Duration
}

// Examine examines the site. A fault ends only the checks that mean nothing with it.
func Examine(ctx context.Context, s Site) *Report {
	x := &exam{Site: s, ctx: ctx, told: map[string]bool{}}
	if x.Timeout == 0 {
		x.Timeout = 10 * time.Second
	}
	x.chooseRules()
	x.readFrontConfig()
	x.storage()
	x.app()
	x.front()
	return &x.report
}

// chooseRules leaves the rules of the front server.
func (x *exam) chooseRules() {
	if x.FrontName == "" && len(x.Rules) > 0 {
		x.FrontName = server(&x.Rules[0])
	}
	var its []download.Rule
	for i := range x.Rules {
		if server(&x.Rules[i]) == x.FrontName {
			its = append(its, x.Rules[i])
		}
	}
	x.Rules = its
}

// server is a rule's front server.
func server(r *download.Rule) string {
	if r.Front == "" {
		return download.Nginx
	}
	return r.Front
}

// fronted is what the application is asked by its front server.
func (x *exam) fronted(target string) question {
	if x.FrontField == "" || x.FrontName == "" {
		return get(target)
	}
	return get(target, x.FrontField, x.FrontName)
}

// exam is one examination.
type exam struct {
	Site
	ctx     context.Context
	report  Report
	conf    []*nginxconf.Directive // nil if there is none to read
	samples []*sample
	told    map[string]bool // the faults that were told, by what they are about
}

// sample is a file that is asked for.
type sample struct {
	target string
	name   string // the target without its query, which may hold a signature
	want   answer // of Direct: what the client must get
	// handed is what the application is to tell the front server: the field's value,
	// "" if it sends the file itself.
	handed  string
	field   string         // in which it is told: X-Accel-Redirect is of a location, the others are of a path
	rule    *download.Rule // nil if none
	rest    string         // what follows the rule's destination, percent-encoded
	file    string         // local path of what the front server sends, "" if unknown
	arrived bool           // its bytes came through the front server
}

func (x *exam) ok(hop Hop, check, format string, args ...any) {
	x.report.add(hop, check, OK, nil, format, args...)
}

func (x *exam) skip(hop Hop, check, format string, args ...any) {
	x.report.add(hop, check, Skipped, nil, format, args...)
}

// fault reports a fault once for what it is about.
func (x *exam) fault(hop Hop, check, about string, change *Change, format string, args ...any) {
	if key := key(hop, check, about); !x.told[key] {
		x.told[key] = true
		x.report.add(hop, check, Fault, change, format, args...)
	}
}

func key(hop Hop, check, about string) string { return string(hop) + " " + check + " " + about }

// inTOML is the change of a key of the configuration.
func (x *exam) inTOML(key, text string) *Change {
	c := &Change{Text: text}
	if x.Position != nil {
		c.File, c.Line = x.Position(key)
	}
	return c
}
