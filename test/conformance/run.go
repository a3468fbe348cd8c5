package conformance

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Target serves the fixtures.
type Target interface {
	// Name is the name by which rows say that the target differs.
	Name() string
	// Can reports whether the target has an ability that rows need.
	Can(ability string) bool
	// Do plays one request and returns the answer.
	Do(t testing.TB, r Request) Response
}

// Response is an answer as a client gets it.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Surplus is what came after the answer's end: always a fault.
	Surplus []byte
	// Reason is core's, if the target knows it.
	Reason string
}

// Run plays every row against the target, a subtest each.
func Run(t *testing.T, target Target) {
	t.Helper()
	fixtures, err := LoadFixtures()
	if err != nil {
		t.Fatal(err)
	}
	groups, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		t.Run(g.Name, func(t *testing.T) {
			for _, row := range g.Rows {
				t.Run(row.Name, func(t *testing.T) { play(t, fixtures, target, &row) })
			}
		})
	}
}

func play(t *testing.T, fixtures *Fixtures, target Target, row *Row) {
	for _, need := range row.Needs {
		if !target.Can(need) {
			t.Skipf("%s lacks the ability %q", target.Name(), need)
		}
	}
	answer := target.Do(t, row.Request)
	file, _ := fixtures.Behind(row.Request.Path)
	for _, fault := range judge(target.Name(), row, file, &answer) {
		t.Error(fault)
	}
	if t.Failed() {
		t.Logf("%s %s %q\n%d %v %.300q", row.Request.Method, row.Request.Path, row.Request.Fields, answer.Status, answer.Header, answer.Body)
	}
}

// judge returns what is wrong with an answer of the named target. A difference
// that the row claims and that is not there any more is wrong too.
func judge(target string, row *Row, file *File, a *Response) []string {
	c := checker{row: row, file: file.In(row.Expect.Coding), a: a}
	c.expect(row.Expect)
	c.invariants(nil, nil)
	d, differs := row.difference(target)
	if !differs {
		return c.faults
	}
	if len(c.faults) == 0 {
		return []string{"does not differ any more: remove the entry of " + target + " (" + d.Because + ")"}
	}
	want := d.or(row.Expect)
	c = checker{row: row, file: file.In(want.Coding), a: a}
	c.expect(want)
	c.invariants(d.Breaks, d.MayBreak)
	return c.faults
}

// checker collects what is wrong with one answer.
type checker struct {
	row    *Row
	file   *File // that the row asks for, in its coding; nil if there is none
	a      *Response
	faults []string
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *checker) expect(e Expectation) {
	if c.a.Status != e.Status {
		c.fault("status: got %d, want %d", c.a.Status, e.Status)
	}
	for name, m := range e.Fields {
		if wrong := m.check(c.a.Header.Values(name)); wrong != "" {
			c.fault("%s: %s", name, wrong)
		}
	}
	if e.Reason != "" && c.a.Reason != "" && c.a.Reason != e.Reason {
		c.fault("reason: got %q, want %q", c.a.Reason, e.Reason)
	}
	if wrong := c.body(e.Body); wrong != "" {
		c.fault("body: %s", wrong)
	}
}

var bodyForm = regexp.MustCompile(`^(?:whole|empty|error|range:[0-9]+-[0-9]+|multipart:[0-9]+-[0-9]+(?:,[0-9]+-[0-9]+)+|sha256:[0-9a-f]{64})$`)

func knownBody(form string) bool { return bodyForm.MatchString(form) }

func (c *checker) body(form string) string {
	kind, rest, _ := strings.Cut(form, ":")
	if c.file == nil && (kind == "whole" || kind == "range" || kind == "multipart") {
		return "the row asks for no file of the fixtures"
	}
	got := c.a.Body
	switch kind {
	case "empty":
		return differ(got, nil)
	case "whole":
		return differ(got, c.file.Content())
	case "range":
		return differ(got, c.slice(rest))
	case "multipart":
		return c.parts(strings.Split(rest, ","))
	case "sha256":
		sum := sha256.Sum256(got)
		return differ([]byte(hex.EncodeToString(sum[:])), []byte(rest))
	}
	if len(got) == 0 || len(got) > longestError {
		return fmt.Sprintf("got %d bytes, want a short sentence", len(got))
	}
	return ""
}

// slice is the bytes "first-last" of the file; none for a range outside it.
func (c *checker) slice(span string) []byte {
	var first, last int
	content := c.file.Content()
	if _, err := fmt.Sscanf(span, "%d-%d", &first, &last); err != nil || first > last || last >= len(content) {
		return nil
	}
	return content[first : last+1]
}

func differ(got, want []byte) string {
	if bytes.Equal(got, want) {
		return ""
	}
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	return fmt.Sprintf("got %d bytes, want %d; they differ from byte %d on", len(got), len(want), at)
}

// parts reads a multipart/byteranges body as a client does.
func (c *checker) parts(spans []string) string {
	mediaType, params, err := mime.ParseMediaType(c.a.Header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/byteranges" {
		return fmt.Sprintf("Content-Type %q is not multipart/byteranges", c.a.Header.Get("Content-Type"))
	}
	r := multipart.NewReader(bytes.NewReader(c.a.Body), params["boundary"])
	size := strconv.Itoa(len(c.file.Content()))
	for _, span := range spans {
		part, err := r.NextRawPart()
		if err != nil {
			return fmt.Sprintf("part %s: %v", span, err)
		}
		if got, want := part.Header.Get("Content-Range"), "bytes "+span+"/"+size; got != want {
			return fmt.Sprintf("Content-Range of a part: got %q, want %q", got, want)
		}
		if part.Header.Get("Content-Type") == "" {
			return "a part has no Content-Type"
		}
		got, err := io.ReadAll(part)
		if err != nil {
			return err.Error()
		}
		if wrong := differ(got, c.slice(span)); wrong != "" {
			return "part " + span + ": " + wrong
		}
	}
	if _, err := r.NextRawPart(); err != io.EOF {
		return fmt.Sprintf("after the last part: %v, want the end", err)
	}
	return ""
}

// invariants checks all but those that are said to be broken, which have to be, and
// those that may be.
func (c *checker) invariants(broken, maybe []string) {
	for name, holds := range Invariants {
		wrong := holds(c)
		switch {
		case slices.Contains(maybe, name):
		case wrong != "" && !slices.Contains(broken, name):
			c.fault("%s: %s", name, wrong)
		case wrong == "" && slices.Contains(broken, name):
			c.fault("%s holds again: take it out of the difference", name)
		}
	}
}
