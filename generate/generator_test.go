package generate_test

import (
	"context"
	"errors"
	"io"
	"regexp"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate"
)

func nothing(context.Context, io.Writer) error { return nil }

func from(path, user string) *generate.Request {
	return &generate.Request{Request: core.Request{Method: "GET", Path: path}, User: user}
}

func file(t *testing.T, c generate.Recipe, r *generate.Request) generate.File {
	t.Helper()
	c.Create = nothing
	f, err := c.File(r)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestNames(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.pdf$`)
	f := file(t, generate.Recipe{Key: "x", Ext: ".pdf"}, from("/", ""))
	if !uuid.MatchString(f.Name) || !regexp.MustCompile(`^[0-9a-f]{64}\.pdf$`).MatchString(f.Key) {
		t.Errorf("%+v", f)
	}
	for _, c := range []struct {
		recipe    generate.Recipe
		name, ext string
	}{
		{generate.Recipe{Name: "Ihre Rechnung.pdf"}, "Ihre Rechnung.pdf", ".pdf"},
		{generate.Recipe{Name: "card", Ext: ".jpg"}, "card", ".jpg"},
		{generate.Recipe{Name: "noext"}, "noext", ""},
		{generate.Recipe{Name: "a.b/../c"}, "a.b/../c", ""},
		{generate.Recipe{Name: "x.averylongextension"}, "x.averylongextension", ""},
		{generate.Recipe{Name: "x.p\x00f"}, "x.p\x00f", ""},
		{generate.Recipe{Name: "x."}, "x.", ""},
	} {
		c.recipe.Key = "k"
		if f := file(t, c.recipe, from("/", "")); f.Name != c.name || f.Key[64:] != c.ext {
			t.Errorf("%+v: got %+v", c.recipe, f)
		}
	}
}

func TestWhatIsTheSameFile(t *testing.T) {
	key := func(c generate.Recipe, path, user string) string { return file(t, c, from(path, user)).Key }
	first := key(generate.Recipe{Key: "a"}, "/1", "ann")
	if first != key(generate.Recipe{Key: "a"}, "/2", "bob") {
		t.Error("another path and user, the same key: another file")
	}
	for name, other := range map[string]string{
		"another key":       key(generate.Recipe{Key: "b"}, "/1", "ann"),
		"a path":            key(generate.Recipe{}, "a", "ann"),
		"for each user":     key(generate.Recipe{Key: "a", PerUser: true}, "/1", "ann"),
		"another extension": key(generate.Recipe{Key: "a", Ext: ".x"}, "/1", "ann"),
	} {
		if other == first {
			t.Errorf("%s: the same file", name)
		}
	}
	mine := generate.Recipe{PerUser: true}
	anns := key(mine, "/1", "ann")
	if again := key(mine, "/1", "ann"); again != anns || key(mine, "/1", "bob") == anns {
		t.Error("a file of each user's own is not")
	}
	if key(generate.Recipe{PerUser: true, Key: "ab"}, "", "c") == key(generate.Recipe{PerUser: true, Key: "a"}, "", "bc") {
		t.Error("key and user run together")
	}
}

func TestNoFile(t *testing.T) {
	mine := generate.Recipe{PerUser: true, Create: nothing}
	if _, err := mine.File(from("/", "")); !errors.Is(err, generate.ErrNoUser) {
		t.Errorf("nobody's: %v", err)
	}
	empty := generate.Recipe{Key: "a"}
	if _, err := empty.File(from("/", "")); err == nil {
		t.Error("a recipe without Create is taken")
	}
}
