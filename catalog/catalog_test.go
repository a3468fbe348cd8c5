package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/core"
)

// recorder answers what it is told to and notes what it is asked.
type recorder struct {
	item  catalog.Item
	err   error
	asked []string
}

func (r *recorder) Item(_ context.Context, slug string) (catalog.Item, error) {
	r.asked = append(r.asked, "item "+slug)
	return r.item, r.err
}

func (r *recorder) Put(_ context.Context, items []catalog.Item) error {
	r.asked = append(r.asked, fmt.Sprintf("put %d", len(items)))
	return r.err
}

func (r *recorder) List(_ context.Context, after string, yield func(catalog.Item) bool) error {
	r.asked = append(r.asked, "list "+after)
	if r.err == nil {
		yield(r.item)
	}
	return r.err
}

func (r *recorder) Close() error {
	r.asked = append(r.asked, "close")
	return r.err
}

var valid = catalog.Item{Slug: "a", Store: "files", Key: "a.pdf"}

func TestDriverIsAsked(t *testing.T) {
	ctx := context.Background()
	r := &recorder{item: valid}
	c := catalog.New(r)
	if got, err := c.Item(ctx, "a"); err != nil || !got.Equal(valid) {
		t.Errorf("item: got %+v, %v; want %+v", got, err, valid)
	}
	if err := c.Put(ctx, []catalog.Item{valid, valid}); err != nil {
		t.Errorf("put: %v", err)
	}
	var listed []catalog.Item
	err := c.List(ctx, "x", func(it catalog.Item) bool { listed = append(listed, it); return true })
	if err != nil || !slices.EqualFunc(listed, []catalog.Item{valid}, catalog.Item.Equal) {
		t.Errorf("list: got %+v, %v", listed, err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if got, want := strings.Join(r.asked, ", "), "item a, put 2, list x, close"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWhatIsNotValidNeverReachesTheDriver(t *testing.T) {
	ctx := context.Background()
	r := &recorder{item: valid}
	c := catalog.New(r)
	for _, slug := range []string{"", "../a", "a/b", "a\x00", "a'--", strings.Repeat("a", 201)} {
		if got, err := c.Item(ctx, slug); !errors.Is(err, catalog.ErrNotFound) || !got.Equal(catalog.Item{}) {
			t.Errorf("item %q: got %+v, %v; want ErrNotFound", slug, got, err)
		}
	}
	bad := valid
	bad.Key = "../etc/passwd"
	err := c.Put(ctx, []catalog.Item{valid, bad})
	if err == nil || errors.Is(err, catalog.ErrUnavailable) || !strings.Contains(err.Error(), `put item "a": key "../etc/passwd"`) {
		t.Errorf("put: got %v, want what is wrong with the key", err)
	}
	if len(r.asked) != 0 {
		t.Errorf("the driver was asked: %q", r.asked)
	}
}

func TestDriverErrors(t *testing.T) {
	unknown := errors.New("broken pipe")
	rows := map[string]struct{ err, want, not error }{
		"not found":   {catalog.ErrNotFound, catalog.ErrNotFound, catalog.ErrUnavailable},
		"unavailable": {fmt.Errorf("%w: locked", catalog.ErrUnavailable), catalog.ErrUnavailable, catalog.ErrNotFound},
		"canceled":    {context.Canceled, context.Canceled, catalog.ErrUnavailable},
		"too late":    {context.DeadlineExceeded, context.DeadlineExceeded, catalog.ErrUnavailable},
		"unknown":     {unknown, catalog.ErrUnavailable, catalog.ErrNotFound},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			c := catalog.New(&recorder{item: valid, err: row.err})
			got, itemErr := c.Item(ctx, "a")
			if !got.Equal(catalog.Item{}) {
				t.Errorf("got %+v beside an error", got)
			}
			for prefix, err := range map[string]error{
				`item "a": `:   itemErr,
				"put items: ":  c.Put(ctx, []catalog.Item{valid}),
				"list items: ": c.List(ctx, "", func(catalog.Item) bool { return true }),
			} {
				if !errors.Is(err, row.want) || !errors.Is(err, row.err) || errors.Is(err, row.not) {
					t.Errorf("%sgot %v, want %v and not %v", prefix, err, row.want, row.not)
				}
				if !strings.HasPrefix(err.Error(), prefix) || strings.Count(err.Error(), "unavailable") > 1 {
					t.Errorf("got %q, want %q in front and each thing said once", err, prefix)
				}
			}
		})
	}
}

func TestOptions(t *testing.T) {
	it := catalog.Item{
		Name: "n.pdf", Inline: true, MediaType: "text/plain", Encoding: "gzip", Charset: "latin1",
		Files: map[string]catalog.File{"t": {Name: "t.txt", Charset: "ascii"}},
	}
	want := core.Options{Basename: "n.pdf", Inline: true, MediaType: "text/plain", Encoding: "gzip", Charset: "latin1"}
	if got := it.Options(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	f, _ := it.File("t")
	want = core.Options{Basename: "t.txt", Inline: true, Charset: "ascii"}
	if got := f.Options(it.Inline); got != want {
		t.Errorf("further file: got %+v, want %+v", got, want)
	}
}

func TestFile(t *testing.T) {
	it := catalog.Item{Store: "s", Key: "own", Size: 7, Files: map[string]catalog.File{"t": {Store: "s", Key: "t"}}}
	it.Version, it.Versions = "2", []catalog.Version{{Name: "1", File: catalog.File{Store: "s", Key: "old"}}}
	for field, want := range map[string]string{"": "own", "file": "own", "t": "t", "T": "", "none": "", "@2": "own", "@1": "old", "@3": "", "@": ""} {
		if f, ok := it.File(field); f.Key != want || ok != (want != "") {
			t.Errorf("field %q: %q, %v, want %q", field, f.Key, ok, want)
		}
	}
}

func ExampleItem_Check() {
	it := catalog.Item{Slug: "printer manual", Store: "files", Key: "/manuals/a.pdf"}
	fmt.Println(it.Check())
	// Output:
	// slug "printer manual": a slug is ASCII letters, digits, "-", "_" and ".", and starts with a letter or a digit
	// key "/manuals/a.pdf": empty or dot segment in the path: a key is a relative path such as "manuals/a.pdf"
}

func TestOffered(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for name, row := range map[string]struct {
		it   catalog.Item
		want error
	}{
		"as always":                  {catalog.Item{}, nil},
		"draft":                      {catalog.Item{Draft: true}, catalog.ErrNotFound},
		"expired draft":              {catalog.Item{Draft: true, Expires: now}, catalog.ErrNotFound},
		"a moment before":            {catalog.Item{Publish: now.Add(time.Millisecond)}, catalog.ErrNotFound},
		"the moment it comes":        {catalog.Item{Publish: now}, nil},
		"a moment before it is gone": {catalog.Item{Expires: now.Add(time.Millisecond)}, nil},
		"the moment it is gone":      {catalog.Item{Expires: now}, catalog.ErrGone},
	} {
		row.it.Visible = true
		if got := row.it.Offered(now); got != row.want || row.it.Listed(now) != (row.want == nil) {
			t.Errorf("%s: %v, listed %v, want %v", name, got, row.it.Listed(now), row.want)
		}
	}
	if (&catalog.Item{}).Listed(now) {
		t.Error("an item that is not visible is listed")
	}
}

func TestBelowAndAbove(t *testing.T) {
	for path, above := range map[string][]string{"": nil, "A": {"A"}, "A/B c/D": {"A", "A/B c", "A/B c/D"}} {
		if got := catalog.Above(path); !slices.Equal(got, above) {
			t.Errorf("above %q: %q", path, got)
		}
		for _, a := range append(above, "") {
			if !catalog.Below(path, a) {
				t.Errorf("%q is not below %q", path, a)
			}
		}
	}
	for _, pair := range [][2]string{{"A", "A/B"}, {"AB", "A"}, {"", "A"}, {"B/A", "A"}} {
		if catalog.Below(pair[0], pair[1]) {
			t.Errorf("%q is below %q", pair[0], pair[1])
		}
	}
}

// A driver without abilities is not asked for them, and what is not valid never
// reaches one.
func TestAbilitiesThatAreNotThere(t *testing.T) {
	ctx := context.Background()
	c := catalog.New(&recorder{item: valid})
	_, pageErr := c.Page(ctx, catalog.Query{})
	_, categoriesErr := c.Categories(ctx, time.Time{})
	for name, err := range map[string]error{
		"delete": c.Delete(ctx, "a"), "page": pageErr, "categories": categoriesErr, "put": c.PutCategory(ctx, catalog.Category{Path: "A"}),
		"move": c.MoveCategory(ctx, "A", "B"), "delete category": c.DeleteCategory(ctx, "A"),
	} {
		if !errors.Is(err, catalog.ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", name, err)
		}
	}
	if c.Lists() || c.Categorizes() {
		t.Error("abilities that are not there")
	}
	_, limitErr := c.Page(ctx, catalog.Query{Limit: 201})
	_, orderErr := c.Page(ctx, catalog.Query{Order: 9})
	_, wordsErr := c.Page(ctx, catalog.Query{Search: strings.Repeat("a ", catalog.MaxWords+1)})
	_, pathErr := c.Page(ctx, catalog.Query{Category: "A//B"})
	for want, err := range map[string]error{
		"limit 201": limitErr, "order 9": orderErr, "search has 31 words": wordsErr, `category "A//B"`: pathErr, "category is missing": c.PutCategory(ctx, catalog.Category{}),
		"is inside it": c.MoveCategory(ctx, "A", "A/B"),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := c.Delete(ctx, "../a"); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("delete: %v", err)
	}
}
