package admin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/downlink-go/downlink/catalog"
)

// fill puts a catalogue of n items into the site.
func fill(t testing.TB, s *site, n int) {
	t.Helper()
	all := make([]catalog.Item, 0, n)
	for i := range n {
		all = append(all, catalog.Item{
			Slug: fmt.Sprintf("item-%06d", i), Title: fmt.Sprintf("Title %d of the catalogue", i), Store: "files", Key: fmt.Sprintf("k/%d", i), Size: int64(i),
			Category: fmt.Sprintf("C%d/D%d", i%20, i%200), Visible: true, Draft: i%50 == 0,
		})
	}
	if err := s.items.Put(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkLargeList is the admin's list of a catalogue of 100,000 items: to be under
// 50 ms.
func BenchmarkLargeList(b *testing.B) {
	s := start(b, nil)
	anna := s.anna(b)
	fill(b, s, 100_000)
	for name, path := range map[string]string{
		"newest": "/admin/", "title": "/admin/?order=title", "downloads": "/admin/?order=downloads", "search": "/admin/?q=title+99", "category": "/admin/?category=C7",
	} {
		b.Run(name, func(b *testing.B) {
			r := anna.request("GET", path, nil)
			for _, c := range anna.Jar.Cookies(r.URL) {
				r.AddCookie(c)
			}
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				s.admin.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

// A page of a large catalogue takes no more memory than one of a small one.
func TestLargeListsAreFlat(t *testing.T) {
	const few, many = 100, 3_000
	small, big := start(t, nil), start(t, nil)
	fill(t, small, few)
	fill(t, big, many)
	cost := func(s *site) uint64 {
		b := s.anna(t)
		b.want(b.get("/admin/"), http.StatusOK)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b.want(b.get("/admin/"), http.StatusOK)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if a, b := cost(small), cost(big); b > a+1<<20 {
		t.Errorf("a page of %d items takes %d bytes, one of %d %d", many, b, few, a)
	}
}
