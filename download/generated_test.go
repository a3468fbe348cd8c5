package download_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/generate"
)

// upper makes a file of the path's variable in capitals.
func upper(perUser bool) generate.Generator {
	return generate.GeneratorFunc(func(_ context.Context, r *generate.Request) (generate.Recipe, error) {
		text := r.Param("text")
		if text == "bad" {
			return generate.Recipe{}, generate.ErrArgument
		}
		return generate.Recipe{Ext: ".txt", PerUser: perUser, Create: func(_ context.Context, w io.Writer) error {
			if text == "fail" {
				return errors.New("no")
			}
			_, err := io.WriteString(w, strings.ToUpper(text)+" for "+r.User)
			return err
		}}, nil
	})
}

func TestGeneratedView(t *testing.T) {
	cache, err := generate.OpenCache(t.TempDir(), "generated", generate.Options{MaxBytes: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	ann := func(context.Context, *download.Request) (string, error) { return "ann", nil }
	s := newService(t, []download.Rule{{Front: "nginx", Source: "generated", Destination: "/_internal/generated/"}},
		download.Route{Pattern: "/g/{text}", Offload: download.Off, View: &download.GeneratedView{Generator: upper(false), Cache: cache}},
		download.Route{Pattern: "/named/{text}", Offload: download.Off, View: &download.GeneratedView{Generator: upper(false), Cache: cache, Options: core.Options{Basename: "card.txt"}}},
		download.Route{Pattern: "/anns/{text}", Offload: download.Off, View: &download.GeneratedView{Generator: upper(true), Cache: cache, User: ann}},
		download.Route{Pattern: "/anyones/{text}", View: &download.GeneratedView{Generator: upper(true), Cache: cache}},
		download.Route{Pattern: "/nginx/{text}", View: &download.GeneratedView{Generator: upper(false), Cache: cache}},
		download.Route{Pattern: "/unknown/{text}", View: &download.GeneratedView{Generator: upper(false), Cache: cache,
			User: func(context.Context, *download.Request) (string, error) { return "", download.ErrForbidden }}},
	)
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/g/hello": {200, "HELLO for "}, "/named/hello": {200, "HELLO for "}, "/anns/x": {200, "X for ann"},
		"/g/bad": {400, ""}, "/g/fail": {500, ""}, "/anyones/x": {403, ""}, "/unknown/x": {403, ""}, "/nginx/x": {200, ""},
	} {
		a := ask(t, s, get(path))
		if got := body(t, &a); a.Status != want.status || got != want.body {
			t.Errorf("%s: %d %q, %v, want %d %q", path, a.Status, got, a.Cause, want.status, want.body)
		}
	}
	a := ask(t, s, get("/g/hello"))
	name := a.Get("Content-Disposition")
	if !strings.HasPrefix(name, `attachment; filename="`) || !strings.HasSuffix(name, `.txt"`) || len(name) != len(`attachment; filename=""`)+36+4 {
		t.Errorf("name %s", name)
	}
	if got := a.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("type %s", got)
	}
	named := ask(t, s, get("/named/hello"))
	if got := named.Get("Content-Disposition"); got != `attachment; filename="card.txt"` {
		t.Errorf("name %s", got)
	}
	r := get("/g/hello")
	r.Range, r.IfRange = "bytes=1-3", a.Get("ETag")
	if a := ask(t, s, r); a.Status != 206 || body(t, &a) != "ELL" {
		t.Errorf("a range: %d", a.Status)
	}
	offloaded := ask(t, s, get("/nginx/x"))
	local, _ := cache.Store().LocalPath(strings.TrimPrefix(offloaded.Target.Path, "/_internal/generated/"))
	if b, err := os.ReadFile(local); offloaded.Delivery != core.Offload || string(b) != "X for " {
		t.Errorf("through nginx: %v, %s has %q, %v", offloaded.Delivery, local, b, err)
	}
}
