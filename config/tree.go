package config

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// node is a value of the file and where it stands.
type node struct {
	kind    unstable.Kind // Table for inline tables too
	at      position
	text    string   // of a scalar: a string decoded, anything else as written
	entries []*entry // of a table, in order
	items   []*node  // of an array
	header  bool     // a table that had a [header] of its own, or a whole value
}

// entry is a key of a table.
type entry struct {
	name  string
	at    position
	value *node
}

// find is the entry called name, nil if there is none.
func (n *node) find(name string) *entry {
	for _, e := range n.entries {
		if e.name == name {
			return e
		}
	}
	return nil
}

// treeBuilder turns the parser's expressions into one tree. It reports keys and
// tables that are there twice, with the place of the first.
type treeBuilder struct {
	*report
	data   []byte
	parser unstable.Parser
}

// parseTree parses data. If it is not TOML there are faults and no tree; keys
// that are there twice are faults beside a tree.
func parseTree(r *report, data []byte) *node {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // Windows editors write one
	b := treeBuilder{report: r, data: data}
	b.parser.Reset(data)
	root := &node{kind: unstable.Table, at: position{1, 1}}
	for table := root; b.parser.NextExpression(); {
		switch e := b.parser.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = b.table(root, e)
		case unstable.KeyValue:
			b.keyValue(table, e)
		}
	}
	if err := b.parser.Error(); err != nil {
		b.invalid(err)
		return nil
	}
	if len(r.faults) > 0 {
		return root
	}
	var discarded map[string]any
	if err := toml.Unmarshal(data, &discarded); err != nil { // rules beyond the grammar
		b.invalid(err)
		return nil
	}
	return root
}

// invalid reports a text that is not TOML.
func (b *treeBuilder) invalid(err error) {
	at := position{1, 1}
	var d *toml.DecodeError
	var p *unstable.ParserError
	switch {
	case errors.As(err, &d):
		line, column := d.Position()
		at = b.positionAt(b.offset(line) + column - 1)
	case errors.As(err, &p) && len(p.Highlight) > 0:
		at = b.positionAt(int(b.parser.Range(p.Highlight).Offset))
	}
	b.faultAt(at, "", "this is not TOML: %s; correct it to see what else there is", strings.TrimPrefix(err.Error(), "toml: "))
}

// offset is where a line begins.
func (b *treeBuilder) offset(line int) (offset int) {
	for ; line > 1; line-- {
		offset += bytes.IndexByte(b.data[offset:], '\n') + 1
	}
	return offset
}

// positionAt is the position of the byte at offset.
func (b *treeBuilder) positionAt(offset int) position {
	before := b.data[:min(offset, len(b.data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return position{1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[start:])}
}

// key is one part of a dotted key.
type key struct {
	name   string
	offset int
}

func keys(it unstable.Iterator) (all []key) {
	for it.Next() {
		n := it.Node()
		all = append(all, key{string(n.Data), int(n.Raw.Offset)})
	}
	return all
}

// table makes the table of a [header] or a new one of a [[header]].
func (b *treeBuilder) table(root *node, e *unstable.Node) *node {
	path := keys(e.Key())
	last := path[len(path)-1]
	bracket := bytes.LastIndexByte(b.data[:path[0].offset], '[')
	if e.Kind == unstable.ArrayTable {
		bracket--
	}
	made := &node{kind: unstable.Table, at: b.positionAt(bracket), header: true}
	parent := b.descend(root, path[:len(path)-1], made.at)
	there := parent.find(last.name)
	if e.Kind == unstable.ArrayTable {
		switch {
		case there == nil:
			array := &node{kind: unstable.Array, at: made.at, items: []*node{made}}
			parent.entries = append(parent.entries, &entry{last.name, b.positionAt(last.offset), array})
		case there.value.kind == unstable.Array && !there.value.header:
			there.value.items = append(there.value.items, made)
		default:
			b.twice(last, there)
		}
		return made
	}
	switch {
	case there == nil:
		parent.entries = append(parent.entries, &entry{last.name, b.positionAt(last.offset), made})
	case there.value.kind == unstable.Table:
		if there.value.header {
			b.twice(last, there)
		}
		there.value.header = true
		return there.value
	default:
		b.twice(last, there)
	}
	return made
}

// keyValue sets a key of table.
func (b *treeBuilder) keyValue(table *node, e *unstable.Node) {
	path := keys(e.Key())
	last := path[len(path)-1]
	parent := b.descend(table, path[:len(path)-1], b.positionAt(path[0].offset))
	if there := parent.find(last.name); there != nil {
		b.twice(last, there)
		return
	}
	made := &entry{name: last.name, at: b.positionAt(last.offset)}
	made.value = b.value(e.Value(), made.at)
	parent.entries = append(parent.entries, made)
}

// descend follows path from n, making the tables that are missing. A table that
// cannot be reached stands for itself, so that its keys are checked no further.
func (b *treeBuilder) descend(n *node, path []key, at position) *node {
	for _, k := range path {
		e := n.find(k.name)
		if e == nil {
			e = &entry{k.name, b.positionAt(k.offset), &node{kind: unstable.Table, at: at}}
			n.entries = append(n.entries, e)
		}
		n = e.value
		if n.kind == unstable.Array && len(n.items) > 0 {
			n = n.items[len(n.items)-1]
		}
		if n.kind != unstable.Table {
			b.twice(k, e)
			return &node{kind: unstable.Table, at: at}
		}
	}
	return n
}

// value copies a value out of the parser; at is where it stands if the parser
// does not say.
func (b *treeBuilder) value(v *unstable.Node, at position) *node {
	if v.Raw.Length > 0 {
		at = b.positionAt(int(v.Raw.Offset))
	}
	n := &node{kind: v.Kind, at: at, header: true}
	switch v.Kind {
	case unstable.InlineTable:
		n.kind = unstable.Table
		for it := v.Children(); it.Next(); {
			if it.Node().Kind == unstable.KeyValue {
				b.keyValue(n, it.Node())
			}
		}
	case unstable.Array:
		for it := v.Children(); it.Next(); {
			if it.Node().Kind != unstable.Comment {
				n.items = append(n.items, b.value(it.Node(), at))
			}
		}
	default:
		n.text = string(v.Data)
	}
	return n
}

func (b *treeBuilder) twice(k key, first *entry) {
	b.faultAt(b.positionAt(k.offset), "", "%s is there already, on line %d: keep one of the two", quote(k.name), first.at.line)
}
