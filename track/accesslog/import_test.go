package accesslog_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/track/accesslog"
)

var now = time.Unix(1_800_000_000, 0)

// ends is a counter that awaits everything, once.
type ends struct {
	catalog.Counter
	bytes map[string]int64
	order []string
	err   error
}

func (e *ends) Complete(_ context.Context, all []catalog.Ended) (noted int, err error) {
	if e.err != nil {
		return 0, e.err
	}
	if len(all) > catalog.MaxBatch {
		return 0, errors.New("too many at once")
	}
	for _, x := range all {
		if _, known := e.bytes[x.ID]; !known {
			e.bytes[x.ID] = x.Bytes
			e.order = append(e.order, x.ID)
			noted++
		}
	}
	return noted, nil
}

// desk is a folder with a log, and what was imported of it.
type desk struct {
	t    *testing.T
	path string
	ends ends
	at   accesslog.Position
}

func newDesk(t *testing.T) *desk {
	return &desk{t: t, path: filepath.Join(t.TempDir(), "a[1].log"), ends: ends{bytes: map[string]int64{}}}
}

func logged(id string) string {
	return fmt.Sprintf(`{"time":%d.250,"id":"%s","status":200,"bytes":5}`+"\n", now.Unix()-60, id)
}

func (d *desk) add(path string, text ...string) {
	d.t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(strings.Join(text, "")); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) imported() accesslog.Report {
	d.t.Helper()
	m := accesslog.Importer{Counter: &d.ends, Now: now}
	at, report, err := m.Import(d.t.Context(), d.path, d.at)
	if err != nil {
		d.t.Errorf("import: %v", err)
	}
	d.at = at
	return report
}

func (d *desk) want(ids ...string) {
	d.t.Helper()
	if got := strings.Join(d.ends.order, " "); got != strings.Join(ids, " ") {
		d.t.Errorf("got %s, want %s", got, ids)
	}
}

func (d *desk) move(from, to string) {
	d.t.Helper()
	if err := os.Rename(from, to); err != nil {
		d.t.Fatal(err)
	}
}

func TestLogIsReadOn(t *testing.T) {
	d := newDesk(t)
	d.add(d.path, logged("one"), logged("two"))
	if r := d.imported(); r.Lines != 2 || r.Noted != 2 || r.Early || r.Err() != nil {
		t.Errorf("got %+v", r)
	}
	if r := d.imported(); r.Lines != 0 {
		t.Errorf("nothing new: got %+v", r)
	}
	three := logged("three")
	d.add(d.path, three[:20])
	if r := d.imported(); r.Lines != 0 {
		t.Errorf("half a line: got %+v", r)
	}
	d.add(d.path, three[20:])
	if r := d.imported(); r.Lines != 1 || r.Noted != 1 {
		t.Errorf("the other half: got %+v", r)
	}
	d.at = accesslog.Position{}
	if r := d.imported(); r.Lines != 3 || r.Noted != 0 {
		t.Errorf("all again: got %+v", r)
	}
	d.want("one", "two", "three")
}

func TestManyLines(t *testing.T) {
	d := newDesk(t)
	var text strings.Builder
	for n := range 1000 {
		text.WriteString(logged(fmt.Sprint("request-", n)))
	}
	d.add(d.path, text.String())
	if r := d.imported(); r.Lines != 1000 || r.Noted != 1000 {
		t.Errorf("got %+v", r)
	}
}

func TestRotation(t *testing.T) {
	for name, rotate := range map[string]func(d *desk) (old string){
		"moved":           func(d *desk) string { d.move(d.path, d.path+".1"); return d.path + ".1" },
		"moved to a date": func(d *desk) string { d.move(d.path, d.path+"-20261121"); return d.path + "-20261121" },
		"moved over an older one": func(d *desk) string {
			d.move(d.path, d.path+".1")
			d.add(d.path+".2", logged("old"))
			return d.path + ".1"
		},
		"moved beside what is no log": func(d *desk) string {
			d.move(d.path, d.path+".1")
			d.add(d.path+".gz", "not compressed")
			return d.path + ".1"
		},
		"moved beside another of ours": func(d *desk) string {
			d.move(d.path, d.path+".9")
			d.add(d.path+".1", logged("other"))
			return d.path + ".9"
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.add(d.path, logged("one"), logged("two"))
			d.imported()
			d.add(d.path, logged("three"))
			old := rotate(d)
			if r := d.imported(); r.Lines != 1 { // there is no new one yet
				t.Errorf("got %+v", r)
			}
			d.add(d.path) // it is empty
			d.add(old, logged("late"))
			if r := d.imported(); r.Lines != 1 {
				t.Errorf("got %+v", r)
			}
			d.add(old, logged("latest"))
			d.add(d.path, logged("four"))
			d.imported()
			d.add(d.path, logged("five"))
			d.imported()
			d.want("one", "two", "three", "late", "latest", "four", "five")
		})
	}
}

func TestCompressedRotation(t *testing.T) {
	d := newDesk(t)
	d.add(d.path, logged("one"))
	d.imported()
	d.add(d.path, logged("two"), logged("three"))
	compress(t, d.path, d.path+".1.gz")
	if err := os.Remove(d.path); err != nil {
		t.Fatal(err)
	}
	d.add(d.path, logged("four"))
	d.imported()
	d.want("one", "two", "three", "four")

	old := newDesk(t) // and by name
	old.path = d.path + ".1.gz"
	old.imported()
	old.want("one", "two", "three")
}

func compress(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCopiedAndTruncated(t *testing.T) {
	d := newDesk(t)
	d.add(d.path, logged("one"))
	d.imported()
	d.add(d.path, logged("two"))
	text, err := os.ReadFile(d.path)
	if err != nil {
		t.Fatal(err)
	}
	d.add(d.path+".1", string(text))
	if err := os.Truncate(d.path, 0); err != nil {
		t.Fatal(err)
	}
	d.add(d.path, logged("three"))
	d.imported()
	d.want("one", "two", "three")
}

// A log whose former part is gone is read from its beginning.
func TestRotationThatDeletes(t *testing.T) {
	d := newDesk(t)
	d.add(d.path, logged("one"))
	d.imported()
	if err := os.Remove(d.path); err != nil {
		t.Fatal(err)
	}
	d.imported()
	d.add(d.path, logged("two"))
	d.imported()
	d.want("one", "two")
}

func TestYoungLinesAreLeft(t *testing.T) {
	d := newDesk(t)
	young := fmt.Sprintf(`{"time":%d,"id":"young","status":200,"bytes":5}`+"\n", now.Unix()-9)
	d.add(d.path, logged("one"), young, logged("after"))
	if r := d.imported(); !r.Early || r.Lines != 1 {
		t.Errorf("got %+v", r)
	}
	d.want("one")
	m := accesslog.Importer{Counter: &d.ends, Now: now.Add(time.Second)}
	if _, r, err := m.Import(t.Context(), d.path, d.at); err != nil || r.Early || r.Lines != 2 {
		t.Errorf("got %+v, %v", r, err)
	}
	d.want("one", "young", "after")
}

func TestOtherStatusesSentNothingOfTheFile(t *testing.T) {
	d := newDesk(t)
	for id, status := range map[string]int{"whole": 200, "part": 206, "missing": 404, "failed": 500, "unmodified": 304} {
		d.add(d.path, fmt.Sprintf(`{"time":1.5,"id":"%s","status":%d,"bytes":9}`+"\n", id, status))
	}
	d.imported()
	for id, want := range map[string]int64{"whole": 9, "part": 9, "missing": 0, "failed": 0, "unmodified": 0} {
		if got, known := d.ends.bytes[id]; got != want || !known {
			t.Errorf("%s: got %d, %v", id, got, known)
		}
	}
}

func TestFaultyLines(t *testing.T) {
	d := newDesk(t)
	d.add(d.path, logged("one"), "203.0.113.7 - - [21/Nov/2026:09:00:00 +0000] \"GET / HTTP/1.1\" 200 5\n", logged("two"))
	for _, text := range []string{`{"id":"x"}`, "", "{}", `{"time":"1","id":"x","status":200,"bytes":5}`, `{"time":1,"id":"x","status":200,"bytes":-5}`, "\x00\xff"} {
		d.add(d.path, text+"\n")
	}
	d.add(d.path, logged("three"))
	r := d.imported()
	if r.Lines != 10 || r.Noted != 3 || r.Faulty != 7 {
		t.Errorf("got %+v", r)
	}
	err := fmt.Sprint(r.Err())
	if !strings.Contains(err, "a[1].log, after byte 58: no line of a downloads log") || !strings.HasSuffix(err, "and 2 lines more") || strings.Count(err, "\n") != 5 {
		t.Errorf("got %s", err)
	}
	d.want("one", "two", "three")
}

func TestWhatIsNoLogAtAll(t *testing.T) {
	d := newDesk(t)
	d.add(d.path, logged("one"), strings.Repeat("x", 1<<20))
	at, _, err := (&accesslog.Importer{Counter: &d.ends, Now: now}).Import(t.Context(), d.path, d.at)
	if err == nil || !strings.Contains(err.Error(), "a line is longer than") || at.Offset != int64(len(logged("one"))) {
		t.Errorf("got %+v, %v", at, err)
	}
	if _, _, err := (&accesslog.Importer{}).Import(t.Context(), d.path+"none", d.at); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestShorterThanWhatWasRead(t *testing.T) {
	d := newDesk(t)
	d.add(d.path, logged("one"), logged("two"))
	d.imported()
	if err := os.Truncate(d.path, int64(len(logged("one")))); err != nil {
		t.Fatal(err)
	}
	_, _, err := (&accesslog.Importer{Counter: &d.ends, Now: now}).Import(t.Context(), d.path, d.at)
	if err == nil || !strings.Contains(err.Error(), "shorter than what was read of it") {
		t.Errorf("got %v", err)
	}
}

// What a database that fails has not taken is read again.
func TestDatabaseFails(t *testing.T) {
	d := newDesk(t)
	for n := range 100 {
		d.add(d.path, logged(fmt.Sprint("request-", n)))
	}
	d.ends.err = catalog.ErrUnavailable
	at, _, err := (&accesslog.Importer{Counter: &d.ends, Now: now}).Import(t.Context(), d.path, d.at)
	if !errors.Is(err, catalog.ErrUnavailable) || at.Offset != 0 {
		t.Errorf("got %+v, %v", at, err)
	}
	d.at, d.ends.err = at, nil
	if r := d.imported(); r.Noted != 100 {
		t.Errorf("got %+v", r)
	}
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(logged("one")))
	f.Add([]byte("{}\n\n{\"time\":1e300,\"id\":\"\",\"status\":1,\"bytes\":0}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d := newDesk(t)
		d.add(d.path, string(text))
		at, r, err := (&accesslog.Importer{Counter: &d.ends, Now: now}).Import(t.Context(), d.path, d.at)
		if at.Offset > int64(len(text)) || r.Noted+r.Faulty > r.Lines {
			t.Errorf("%+v %+v %v", at, r, err)
		}
	})
}
