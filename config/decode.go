package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"
)

// field is a key of the schema, as a struct's tags say it.
type field struct {
	name     string
	index    int
	fallback string   // the default; "" is the zero value
	required string   // "" if it may be missing, else an example
	enum     []string // nil if anything goes
	off      bool     // a duration that may be "off"
}

// fields are the keys of a table that is decoded into t.
func fields(t reflect.Type) (all []field) {
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		if name := tag.Get("toml"); name != "" && name != "-" {
			all = append(all, field{
				name: name, index: i, fallback: tag.Get("default"), required: tag.Get("required"),
				enum: strings.Fields(tag.Get("enum")), off: tag.Get("off") != "",
			})
		}
	}
	return all
}

func names(fs []field) []string {
	all := make([]string, len(fs))
	for i, f := range fs {
		all[i] = f.name
	}
	return all
}

// setDefaults sets the fields of a struct, and of the structs in it, that have a
// default.
func setDefaults(v reflect.Value) {
	for _, f := range fields(v.Type()) {
		switch dst := v.Field(f.index); {
		case dst.Kind() == reflect.Struct:
			setDefaults(dst)
		case f.fallback != "":
			f.set(dst, &node{kind: scalarKind(dst), text: f.fallback})
		}
	}
}

func scalarKind(v reflect.Value) unstable.Kind {
	switch v.Interface().(type) {
	case bool:
		return unstable.Bool
	case int:
		return unstable.Integer
	}
	return unstable.String
}

// decode fills c with defaults and what the file says.
func (r *report) decode(root *node, c *Config) {
	v := reflect.ValueOf(c).Elem()
	setDefaults(v)
	r.table(root, "", v)
}

// table decodes a table into the struct v. path is the table's key, "" for the
// whole file.
func (r *report) table(n *node, path string, v reflect.Value) {
	r.keys(n, path, v, fields(v.Type()))
}

// keys decodes the known keys of a table.
func (r *report) keys(n *node, path string, v reflect.Value, known []field) {
	r.at[path] = n.at
	for _, e := range n.entries {
		i := slices.IndexFunc(known, func(f field) bool { return f.name == e.name })
		if i < 0 {
			r.unknown(e, path, known)
			continue
		}
		r.value(e.value, join(path, e.name), known[i], v.Field(known[i].index))
	}
	for _, f := range known {
		key := join(path, f.name)
		if f.required != "" && v.Field(f.index).IsZero() {
			r.fault(key, "%s is missing: write it, for example %s = %q", f.name, f.name, f.required)
		}
	}
}

// value decodes a key's value into v: a scalar, a table, tables by name or an
// array of tables.
func (r *report) value(n *node, path string, f field, v reflect.Value) {
	r.at[path] = n.at
	switch {
	case v.Kind() == reflect.Struct && n.kind == unstable.Table:
		r.table(n, path, v)
	case v.Kind() == reflect.Struct:
		r.fault(path, "%s is a table: write [%s] on a line of its own, and its keys below", f.name, f.name)
	case isOverlay(v.Type()):
		r.overlay(n, path, f, v)
	case isNamed(v.Type()):
		r.named(n, path, v)
	case v.Type() == reflect.TypeFor[[]string]():
		r.list(n, path, f, v)
	case v.Kind() == reflect.Slice:
		r.array(n, path, f, v)
	default:
		if problem := f.set(v, n); problem != "" {
			r.fault(path, "%s", problem)
		}
	}
}

// isNamed reports whether a key holds tables by name.
func isNamed(t reflect.Type) bool {
	return t == reflect.TypeFor[[]Store]() || t == reflect.TypeFor[[]Overlay]()
}

// sampleNames are names that such tables could have.
var sampleNames = map[string]string{"stores": "files", "overlays": "card"}

// named decodes tables by name.
func (r *report) named(n *node, path string, v reflect.Value) {
	if n.kind != unstable.Table {
		r.fault(path, "%s are tables by name: write [%s.%s] on a line of its own, and its keys below", path, path, sampleNames[path])
		return
	}
	for _, e := range n.entries {
		at := join(path, e.name)
		r.at[at] = e.value.at
		if e.value.kind != unstable.Table {
			r.faultAt(e.at, at, "%s stands in no %s: write [%s.NAME], with a name of your own, above it", quote(e.name), strings.TrimSuffix(path, "s"), path)
			continue
		}
		if !isName(e.name) {
			r.faultAt(e.at, at, "%s name %s: use letters, digits, - and _ only", strings.TrimSuffix(path, "s"), quote(e.name))
			continue
		}
		s := reflect.New(v.Type().Elem()).Elem()
		setDefaults(s)
		r.table(e.value, at, s)
		s.FieldByName("Name").SetString(e.name)
		v.Set(reflect.Append(v, s))
	}
}

// isOverlay reports whether a key is the table of a platform.
func isOverlay(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}

// overlay decodes the table of a platform, which has the keys of the table around
// it but those of platforms.
func (r *report) overlay(n *node, path string, f field, v reflect.Value) {
	if n.kind != unstable.Table {
		r.fault(path, "%s is a table: write [%s] on a line of its own, and its keys below", f.name, path)
		return
	}
	t := v.Type().Elem()
	known := slices.DeleteFunc(fields(t), func(f field) bool { return isOverlay(t.Field(f.index).Type) })
	v.Set(reflect.New(t))
	setDefaults(v.Elem())
	r.keys(n, path, v.Elem(), known)
}

// list decodes an array of strings.
func (r *report) list(n *node, path string, f field, v reflect.Value) {
	notString := func(n *node) bool { return n.kind != unstable.String }
	if n.kind != unstable.Array || len(n.items) == 0 || slices.ContainsFunc(n.items, notString) {
		r.fault(path, "%s takes a list of strings in quotes, such as [%q]; found %s", f.name, f.sample(), n.describe())
		return
	}
	for _, item := range n.items {
		if problem := f.checkEnum(item.text); problem != "" {
			r.faultAt(item.at, path, "%s", problem)
			return
		}
		v.Set(reflect.Append(v, reflect.ValueOf(item.text)))
	}
}

// sample is a value that the key takes.
func (f field) sample() string {
	if len(f.enum) > 0 {
		return f.enum[0]
	}
	return "x"
}

// array decodes an array of tables.
func (r *report) array(n *node, path string, f field, v reflect.Value) {
	notTable := func(n *node) bool { return n.kind != unstable.Table }
	if n.kind != unstable.Array || slices.ContainsFunc(n.items, notTable) {
		r.fault(path, "%s is a list of tables: write [[%s]] with two brackets above each, and its keys below", f.name, path)
		return
	}
	for i, item := range n.items {
		s := reflect.New(v.Type().Elem()).Elem()
		setDefaults(s)
		r.table(item, fmt.Sprintf("%s[%d]", path, i), s)
		v.Set(reflect.Append(v, s))
	}
}

// unknown reports a key that the schema does not have.
func (r *report) unknown(e *entry, path string, known []field) {
	what, in := "key", "["+path+"]"
	if path == "" {
		what, in = "table", "the file"
		if e.value.kind != unstable.Table && e.value.kind != unstable.Array {
			what = "key"
		}
	}
	if i := strings.IndexByte(path, '['); i >= 0 {
		in = "[[" + path[:i] + "]]"
	}
	remedy := "take it out; known are " + strings.Join(names(known), ", ")
	if near := suggest(e.name, names(known)); near != "" {
		remedy = fmt.Sprintf("did you mean %q?", near)
	} else if home := homeOf(e.name); home != "" {
		remedy = "it belongs below " + home
	}
	r.faultAt(e.at, join(path, e.name), "%s %s is unknown in %s: %s", what, quote(e.name), in, remedy)
}

// homeOf is the header of the first table that has a key called name, "" if none
// has.
func homeOf(name string) string {
	t := reflect.TypeFor[Config]()
	for _, f := range fields(t) {
		table, header := t.Field(f.index).Type, "["+f.name+"]"
		if table.Kind() == reflect.Slice {
			table, header = table.Elem(), "[["+f.name+"]]"
		}
		if isNamed(t.Field(f.index).Type) {
			header = "[" + f.name + ".NAME]"
		}
		if slices.Contains(names(fields(table)), name) {
			return header
		}
	}
	return ""
}

// set sets v to a scalar of the file, and says what is wrong with it if it
// cannot.
func (f field) set(v reflect.Value, n *node) string {
	if f.off && n.kind == unstable.String && n.text == "" {
		return ""
	}
	if v.Kind() == reflect.Pointer {
		target := reflect.New(v.Type().Elem())
		problem := f.set(target.Elem(), n)
		if problem == "" {
			v.Set(target)
		}
		return problem
	}
	ok, takes := false, ""
	switch dst := v.Addr().Interface().(type) {
	case *string:
		takes = "a string in quotes"
		if ok = n.kind == unstable.String; ok {
			*dst = n.text
			return f.checkEnum(n.text)
		}
	case *bool:
		takes = "true or false, without quotes"
		*dst, ok = n.text == "true", n.kind == unstable.Bool
	case *int:
		takes = "a whole number, without quotes"
		*dst, ok = integer(n)
	case *int64:
		takes = `bytes per second, such as 512000, "500k" or "2m", or "off"`
		*dst, ok = rate(n)
	case *Bytes:
		takes = `bytes, such as 1048576, "500m" or "10g", or "off"`
		*dst, ok = size(n)
	case *time.Duration:
		takes = `a duration longer than zero, such as "90s", "2m" or "1h30m"`
		if f.off {
			takes = `a duration of whole seconds, such as "90s" or "1h", or "off"`
		}
		*dst, ok = duration(n, f.off)
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("%s takes %s; found %s", f.name, takes, n.describe())
}

func (f field) checkEnum(s string) string {
	if len(f.enum) == 0 || slices.Contains(f.enum, s) {
		return ""
	}
	list := `"` + strings.Join(f.enum, `" or "`) + `"`
	return fmt.Sprintf("%s takes %s; found %s", f.name, list, quote(s))
}

func integer(n *node) (int, bool) {
	i, err := strconv.ParseInt(n.text, 0, strconv.IntSize)
	return int(i), err == nil && n.kind == unstable.Integer
}

// duration parses what time.ParseDuration does, more than zero; "off" is zero
// where it may be, and then only whole seconds go.
func duration(n *node, off bool) (time.Duration, bool) {
	if n.kind != unstable.String {
		return 0, false
	}
	if off && n.text == "off" {
		return 0, true
	}
	d, err := time.ParseDuration(n.text)
	return d, err == nil && d > 0 && (!off || d%time.Second == 0)
}

// size parses bytes: an integer above 0, or a string with k, m or g, or "off".
func size(n *node) (Bytes, bool) {
	text, shift := strings.ToLower(n.text), 0
	switch {
	case n.kind == unstable.String && text == "off":
		return Unlimited, true
	case n.kind == unstable.Integer:
		text = strings.ReplaceAll(text, "_", "")
	case n.kind != unstable.String:
		return 0, false
	case text != "":
		const units = "kmg"
		if i := strings.IndexByte(units, text[len(text)-1]); i >= 0 {
			text, shift = text[:len(text)-1], 10*(i+1)
		}
	}
	i, err := strconv.ParseUint(text, 10, 63-30) // so that "g" fits
	if shift == 0 {
		i, err = strconv.ParseUint(text, 10, 63)
	}
	return Bytes(i) << shift, err == nil && i > 0
}

// rate parses bytes per second: an integer, or a string with nginx's suffix k or
// m, or "off". None at all is Unlimited.
func rate(n *node) (int64, bool) {
	text, shift := strings.ToLower(n.text), 0
	switch n.kind {
	case unstable.Integer:
		text = strings.ReplaceAll(text, "_", "")
	case unstable.String:
		switch text {
		case "off":
			return Unlimited, true
		case "":
			return 0, true
		}
		if digits, ok := strings.CutSuffix(text, "k"); ok {
			text, shift = digits, 10
		} else if digits, ok := strings.CutSuffix(text, "m"); ok {
			text, shift = digits, 20
		}
	default:
		return 0, false
	}
	i, err := strconv.ParseUint(text, 10, 63-20) // so that "m" fits
	if i == 0 && err == nil {
		return Unlimited, true
	}
	return int64(i) << shift, err == nil
}

// describe names a value in a sentence.
func (n *node) describe() string {
	switch n.kind {
	case unstable.Table:
		return "a table"
	case unstable.Array:
		return "an array"
	case unstable.String:
		return "the string " + quote(n.text)
	case unstable.Integer:
		return "the integer " + n.text
	case unstable.Float:
		return "the float " + n.text
	case unstable.Bool:
		return n.text
	}
	return "the date or time " + n.text
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
