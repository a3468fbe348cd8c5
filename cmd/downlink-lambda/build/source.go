package main

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/downlink-go/downlink/config"
)

// source is a file of Go that has the configuration, in place of built.go: the compiler
// makes data of it, and nothing is left to do at a start.
func source(c *config.Config) string {
	var b strings.Builder
	b.WriteString(`package main

import (
	"time"

	"github.com/downlink-go/downlink/config"
)

const _ = time.Second // not every configuration has a time

func built() *config.Config { return config.Built(checked, places) }

var checked = `)
	literal(&b, reflect.ValueOf(*moved(c)))
	b.WriteString("\n\nvar places = ")
	literal(&b, reflect.ValueOf(c.Places()))
	b.WriteString("\n")
	return b.String()
}

// moved is a configuration whose files are no longer where they are on this machine.
func moved(c *config.Config) *config.Config {
	d := *c
	d.File = filepath.Base(d.File)
	if d.Links.Revoked != "" {
		d.Links.Revoked = filepath.Base(d.Links.Revoked)
	}
	return &d
}

// literal writes an expression of Go for a value as a configuration has them.
func literal(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	case reflect.Struct:
		fmt.Fprintf(b, "%s{", v.Type())
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
				fmt.Fprintf(b, "%s: ", f.Name)
				literal(b, v.Field(i))
				b.WriteString(", ")
			}
		}
		b.WriteString("}")
	case reflect.Slice:
		fmt.Fprintf(b, "%s{", v.Type())
		for i := range v.Len() {
			literal(b, v.Index(i))
			b.WriteString(",\n")
		}
		b.WriteString("}")
	case reflect.Pointer:
		fmt.Fprintf(b, "new(%s(", v.Type().Elem())
		literal(b, v.Elem())
		b.WriteString("))")
	case reflect.Bool:
		fmt.Fprint(b, v.Bool())
	default:
		fmt.Fprint(b, v.Int())
	}
}
