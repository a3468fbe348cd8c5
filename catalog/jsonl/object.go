package jsonl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// member is one key of an object with its value, which is valid JSON.
type member struct {
	key   string
	value json.RawMessage
}

// members takes the object apart that line is, keeping what encoding/json would
// drop: keys that come twice or are unknown, and how strings are written. The
// problem is "" if there is none.
func members(line []byte) (list []member, problem string) {
	if problem := textProblem(line); problem != "" {
		return nil, problem
	}
	var whole json.RawMessage
	if err := json.Unmarshal(line, &whole); err != nil {
		return nil, syntaxProblem(line, err)
	}
	if k := kind(whole); k != "an object" {
		return nil, fmt.Sprintf("this is %s: write one JSON object a line, such as {\"slug\": \"a\", \"key\": \"a.pdf\"}", k)
	}
	dec := json.NewDecoder(bytes.NewReader(whole))
	if _, err := dec.Token(); err != nil {
		return nil, err.Error()
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err.Error()
		}
		m := member{key: key.(string)}
		if err := dec.Decode(&m.value); err != nil {
			return nil, err.Error()
		}
		list = append(list, m)
	}
	return list, ""
}

func textProblem(line []byte) string {
	for rest := line; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			return fmt.Sprintf("column %d: byte %#x is not UTF-8: save the file as UTF-8", column(line, len(line)-len(rest)), rest[0])
		}
		rest = rest[size:]
	}
	return ""
}

func syntaxProblem(line []byte, err error) string {
	var syntax *json.SyntaxError
	switch {
	case !errors.As(err, &syntax):
		return err.Error()
	case syntax.Error() == "unexpected end of JSON input":
		return fmt.Sprintf("column %d: the object does not end on this line: write each object on one line", column(line, len(line)))
	}
	// Offset counts the bytes read, the one that is wrong among them.
	at := column(line, int(syntax.Offset)-1)
	if strings.HasSuffix(syntax.Error(), "after top-level value") {
		return fmt.Sprintf("column %d: there is more text after the value: write one JSON object a line", at)
	}
	return fmt.Sprintf("column %d: %s", at, syntax)
}

// column counts characters from 1.
func column(line []byte, offset int) int {
	return utf8.RuneCount(line[:max(0, offset)]) + 1
}

// kind names what a valid JSON value is.
func kind(value json.RawMessage) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}
