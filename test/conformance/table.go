// Package conformance is one table of HTTP cases as data, and a runner that plays
// it against anything that serves the fixtures: the pure core, the Go server,
// a front server before it, another platform.
//
// The rows are in cases/*.json, the files and catalogue items that they ask for
// in fixtures.json. The files are at /files/<percent-encoded path>, and at /coded/ where
// the form in a content coding is sent that the client would rather have; the items
// are at /d/<slug>. Where a target differs and nothing can cure it, the row says so
// under "differs", by the target's name and with the reason.
package conformance

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed fixtures.json cases/*.json
var data embed.FS

// Group is one file of the table.
type Group struct {
	Name string // of the file, without its extension
	Rows []Row
}

// Row is one case: a request and what has to come of it.
type Row struct {
	Name    string  `json:"name"`
	Request Request `json:"request"`
	// Needs are the abilities without which the row says nothing about a target:
	// "multipart" (several ranges in one answer), "wire" (a request that only
	// exists as bytes on a connection), "coded" (the view at /coded/).
	Needs   []string              `json:"needs"`
	Expect  Expectation           `json:"expect"`
	Differs map[string]Difference `json:"differs"`
}

// Request is a request as it goes over the wire.
type Request struct {
	Method string `json:"method"`
	Path   string `json:"path"` // the request target, byte for byte
	// Fields are lines, "Name: value". Host and Connection are the target's own
	// unless they are among them.
	Fields []string `json:"fields"`
}

// Expectation is what an answer has to be. Zero members say nothing.
type Expectation struct {
	Status int              `json:"status"`
	Fields map[string]Match `json:"fields"`
	// Body is "whole" (all bytes of the file), "empty", "range:a-b" (inclusive
	// positions), "multipart:a-b,c-d" (in this order), "error" (a short sentence)
	// or "sha256:<hex>".
	Body string `json:"body"`
	// Coding is that of the form of the file that the answer is about; "" is the plain
	// one, or in a difference the row's. In a difference "identity" is the plain one.
	Coding string `json:"coding"`
	// Reason is core's, for targets that know it.
	Reason string `json:"reason"`
}

// Difference is what a target gives in place of the row's expectation.
type Difference struct {
	Because string `json:"because"`
	// Expectation holds what is otherwise; the row's own stays where it is zero.
	Expectation
	// Breaks names the invariants (see Invariants) that do not hold here.
	Breaks []string `json:"breaks"`
	// MayBreak names those that hold or not as the connection goes.
	MayBreak []string `json:"may_break"`
}

// Match is what a field's value has to be: in JSON a string for exactly this
// value, null for an absent field, {"match": "…"} for a regular expression over
// the value ("" if it is absent).
type Match struct {
	exact  string
	absent bool
	expr   *regexp.Regexp
}

// UnmarshalJSON reads the three forms.
func (m *Match) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		m.absent = true
		return nil
	case b[0] == '"':
		return json.Unmarshal(b, &m.exact)
	}
	var form struct{ Match *string }
	if err := strict(b, &form); err != nil {
		return err
	}
	if form.Match == nil {
		return errors.New(`write a string, null or {"match": "…"}`)
	}
	var err error
	m.expr, err = regexp.Compile("^(?:" + *form.Match + ")$")
	return err
}

// check says what is wrong with the lines of a field, "" if nothing is.
func (m Match) check(lines []string) string {
	got := strings.Join(lines, ", ")
	switch {
	case m.expr != nil && !m.expr.MatchString(got):
		return fmt.Sprintf("got %q, want a match of %s", got, m.expr)
	case m.expr != nil:
		return ""
	case m.absent && len(lines) > 0:
		return fmt.Sprintf("got %q, want none", got)
	case !m.absent && (len(lines) != 1 || lines[0] != m.exact):
		return fmt.Sprintf("got %q, want %q", lines, m.exact)
	}
	return ""
}

// Load reads the table. Every fault in it is an error: an unknown member, a name
// that is there twice, a body that cannot be read.
func Load() ([]Group, error) {
	names, err := fs.Glob(data, "cases/*.json")
	if err != nil {
		return nil, err
	}
	var groups []Group
	for _, name := range names {
		g, err := load(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func load(name string) (Group, error) {
	g := Group{Name: strings.TrimSuffix(path.Base(name), ".json")}
	b, err := data.ReadFile(name)
	if err != nil {
		return g, err
	}
	if err := strict(b, &g.Rows); err != nil {
		return g, err
	}
	seen := map[string]bool{}
	for _, row := range g.Rows {
		if err := row.fault(); err != nil {
			return g, fmt.Errorf("row %q: %w", row.Name, err)
		}
		if seen[row.Name] {
			return g, fmt.Errorf("row %q is there twice", row.Name)
		}
		seen[row.Name] = true
	}
	return g, nil
}

func (r *Row) fault() error {
	switch {
	case r.Name == "" || r.Expect.Status == 0 || r.Expect.Body == "":
		return errors.New("a row has a name, a status and a body")
	case !knownBody(r.Expect.Body):
		return fmt.Errorf("unknown body %q", r.Expect.Body)
	case !knownCoding(r.Expect.Coding):
		return fmt.Errorf("unknown coding %q", r.Expect.Coding)
	}
	for _, need := range r.Needs {
		if need != "multipart" && need != "wire" && need != "coded" {
			return fmt.Errorf("unknown ability %q", need)
		}
	}
	for target, d := range r.Differs {
		if d.Because == "" {
			return fmt.Errorf("%s differs without a reason", target)
		}
		if d.Body != "" && !knownBody(d.Body) {
			return fmt.Errorf("unknown body %q", d.Body)
		}
		if !knownCoding(d.Coding) {
			return fmt.Errorf("unknown coding %q", d.Coding)
		}
		for _, name := range slices.Concat(d.Breaks, d.MayBreak) {
			if _, ok := Invariants[name]; !ok {
				return fmt.Errorf("unknown invariant %q", name)
			}
		}
	}
	return nil
}

func knownCoding(name string) bool {
	return name == "" || name == "identity" || slices.Contains(Codings, name)
}

// difference is what the row says of a target: of "go/s3" what it says by this name,
// else what it says of "go".
func (r *Row) difference(target string) (Difference, bool) {
	d, differs := r.Differs[target]
	if server, _, ok := strings.Cut(target, "/"); ok && !differs {
		d, differs = r.Differs[server]
	}
	return d, differs
}

// or fills what d leaves out from the row's own expectation.
func (d Difference) or(e Expectation) Expectation {
	fields := map[string]Match{}
	for name, m := range e.Fields {
		fields[name] = m
	}
	for name, m := range d.Fields {
		fields[name] = m
	}
	e.Fields = fields
	if d.Status != 0 {
		e.Status = d.Status
	}
	if d.Body != "" {
		e.Body = d.Body
	}
	if d.Coding != "" {
		e.Coding = d.Coding
	}
	if d.Reason != "" {
		e.Reason = d.Reason
	}
	return e
}

// strict decodes one JSON value and refuses members that v does not have.
func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one JSON value")
	}
	return nil
}
