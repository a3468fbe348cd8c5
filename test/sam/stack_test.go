// Package sam holds the template for AWS to what it promises: `sam validate --lint` and
// `sam build` of the real SAM CLI, and what the template says as data.
package sam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/test/need"
)

// object is a mapping of the template.
type object = map[string]any

// Template is template.yaml as data: "!Ref X" is {"Ref": "X"}.
type Template struct {
	Parameters map[string]struct {
		Default any
	}
	Rules      object
	Conditions object
	Resources  map[string]Resource
	Outputs    map[string]object
	Metadata   object
}

// Resource is a resource of the template.
type Resource struct {
	Type, Condition, DeletionPolicy, UpdateReplacePolicy string
	Properties                                           object
}

// toJSON reads a template as the SAM CLI does.
const toJSON = `import json, sys
from samcli.yamlhelper import yaml_parse
json.dump(yaml_parse(sys.stdin.read()), sys.stdout)`

// read reads the project's template.
func read(t testing.TB) *Template {
	t.Helper()
	x, err := parse(filepath.Join(filepath.Dir(need.SAM(t)), "python"), filepath.Join(need.Root(t), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func parse(python, path string) (*Template, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(python, "-c", toJSON)
	cmd.Stdin = bytes.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var x Template
	return &x, json.Unmarshal(out, &x)
}

// With is what is made with these values of parameters, and the defaults of others: the
// resources by their names, references to others as "<name>", and the outputs at "".
func (x *Template) With(values map[string]string) map[string]any {
	s := stack{x, map[string]any{}}
	for name, p := range x.Parameters {
		s.values[name] = fmt.Sprint(p.Default)
	}
	for name, v := range values {
		s.values[name] = v
	}
	made := map[string]any{}
	for name, r := range x.Resources {
		if r.Condition == "" || s.holds(r.Condition) {
			made[name] = s.resolve(object(r.Properties))
		}
	}
	outputs := object{}
	for name, o := range x.Outputs {
		if c, _ := o["Condition"].(string); c == "" || s.holds(c) {
			outputs[name] = s.resolve(o["Value"])
		}
	}
	made[""] = outputs
	return made
}

// stack is a template with values for its parameters.
type stack struct {
	*Template
	values map[string]any
}

func (s stack) holds(condition string) bool { return s.resolve(s.Conditions[condition]) == true }

// resolve puts what is known in place of the functions of CloudFormation. A value that
// there is not (AWS::NoValue) is nil.
func (s stack) resolve(v any) any {
	switch v := v.(type) {
	case []any:
		all := []any{}
		for _, x := range v {
			if x = s.resolve(x); x != nil {
				all = append(all, x)
			}
		}
		return all
	case object:
		all := object{}
		for name, x := range v {
			if result, ok := s.call(name, x); ok && len(v) == 1 {
				return result
			}
			if x = s.resolve(x); x != nil {
				all[name] = x
			}
		}
		return all
	}
	return v
}

// call is a function of CloudFormation with its argument, if there is one of that name.
func (s stack) call(name string, a any) (result any, ok bool) {
	switch name {
	case "Ref":
		return s.ref(a.(string)), true
	case "Condition":
		name, ok := a.(string) // else it is a policy's
		return ok && s.holds(name), ok
	case "Fn::GetAtt":
		return "<" + strings.Join(list(a), ".") + ">", true
	case "Fn::If":
		return s.choose(a.([]any)), true
	case "Fn::Equals":
		x := s.resolve(a).([]any)
		return x[0] == x[1], true
	case "Fn::Not":
		return s.resolve(a).([]any)[0] == false, true
	case "Fn::And":
		return !contains(s.resolve(a), false), true
	case "Fn::Or":
		return contains(s.resolve(a), true), true
	case "Fn::Sub":
		return s.substitute(a), true
	}
	return nil, false
}

func contains(all, want any) bool {
	for _, x := range all.([]any) {
		if x == want {
			return true
		}
	}
	return false
}

func (s stack) ref(name string) any {
	if v, ok := s.values[name]; ok {
		return v
	}
	if name == "AWS::NoValue" {
		return nil
	}
	return "<" + name + ">"
}

func (s stack) choose(a []any) any {
	if s.holds(a[0].(string)) {
		return s.resolve(a[1])
	}
	return s.resolve(a[2])
}

var variable = regexp.MustCompile(`\$\{([^}]+)\}`)

// substitute is Fn::Sub: a text, or a text and what its own variables are.
func (s stack) substitute(a any) any {
	text, own := a, object{}
	if pair, ok := a.([]any); ok {
		text, own = pair[0], s.resolve(pair[1]).(object)
	}
	return variable.ReplaceAllStringFunc(text.(string), func(v string) string {
		name := strings.Trim(v, "${}")
		if value, ok := own[name]; ok {
			return fmt.Sprint(value)
		}
		return fmt.Sprint(s.ref(name))
	})
}
