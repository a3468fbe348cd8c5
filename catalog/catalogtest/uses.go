package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
)

// Uses is a driver that counts the uses of links.
type Uses interface {
	catalog.Driver
	Use(ctx context.Context, u catalog.Use) (bool, error)
	Begun(ctx context.Context, u catalog.Use) (bool, error)
	Uses(ctx context.Context, link string) (int64, error)
}

// RunUses plays the suite of drivers that count the uses of links. Each call of open
// returns two of them over one new catalogue, as two processes have it; RunUses closes
// them.
func RunUses(t *testing.T, open func(t *testing.T) (a, b Uses)) {
	for name, test := range map[string]func(*testing.T, [2]Uses){
		"counted exactly": usesExactly,
		"begun":           usesBegun,
		"closed":          usesClosed,
	} {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			t.Cleanup(func() { a.Close(); b.Close() })
			test(t, [2]Uses{a, b})
		})
	}
}

func use(link, client string, most int64) catalog.Use {
	return catalog.Use{Link: link, Max: most, Expires: moment.Add(time.Hour), Client: client, Now: moment, Until: moment.Add(10 * time.Minute)}
}

func usesExactly(t *testing.T, d [2]Uses) {
	var counted atomic.Int64
	together(100, func(i int) {
		ok, err := d[i%2].Use(context.Background(), use("three", fmt.Sprint("client ", i%5), 3))
		if err != nil {
			t.Error(err)
		}
		if ok {
			counted.Add(1)
		}
	})
	if got := counted.Load(); got != 3 {
		t.Errorf("100 calls for 3 uses: %d were counted", got)
	}
	if n, err := d[0].Uses(context.Background(), "three"); n != 3 || err != nil {
		t.Errorf("%d uses, %v; want 3", n, err)
	}
	if ok, err := d[0].Use(context.Background(), use("other", "a", 1)); !ok || err != nil {
		t.Errorf("another link: %v, %v", ok, err)
	}
	if n, err := d[1].Uses(context.Background(), "unknown"); n != 0 || err != nil {
		t.Errorf("unknown link: %d uses, %v", n, err)
	}
}

func usesBegun(t *testing.T, d [2]Uses) {
	ctx := context.Background()
	begun := func(u catalog.Use) bool {
		t.Helper()
		ok, err := d[1].Begun(ctx, u)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if begun(use("a", "ann", 1)) {
		t.Error("begun before its beginning")
	}
	for _, client := range []string{"ann", "bob", ""} { // only Ann is counted
		if ok, err := d[0].Use(ctx, use("a", client, 1)); err != nil || ok != (client == "ann") {
			t.Errorf("%q: %v, %v", client, ok, err)
		}
	}
	late, early := use("a", "ann", 1), use("a", "ann", 1)
	late.Now, early.Now = moment.Add(10*time.Minute), moment.Add(10*time.Minute-time.Second)
	for _, row := range []struct {
		name string
		u    catalog.Use
		want bool
	}{
		{"who was counted", use("a", "ann", 1), true}, {"a second before its end", early, true}, {"at its end", late, false},
		{"who was not counted", use("a", "bob", 1), false}, {"unknown client", use("a", "", 1), false}, {"another link", use("b", "ann", 1), false},
	} {
		if got := begun(row.u); got != row.want {
			t.Errorf("%s: %v, want %v", row.name, got, row.want)
		}
	}
	if ok, err := d[0].Use(ctx, use("c", "", 1)); !ok || err != nil || begun(use("c", "", 1)) {
		t.Errorf("an unknown client: counted %v, %v, and may go on", ok, err)
	}
}

func usesClosed(t *testing.T, d [2]Uses) {
	put(t, d[0], item("a"))
	d[0].Close()
	ctx := context.Background()
	_, useErr := d[0].Use(ctx, use("a", "ann", 1))
	_, begunErr := d[0].Begun(ctx, use("a", "ann", 1))
	_, usesErr := d[0].Uses(ctx, "a")
	for name, err := range map[string]error{"use": useErr, "begun": begunErr, "uses": usesErr} {
		if !errors.Is(err, catalog.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", name, err)
		}
	}
}
