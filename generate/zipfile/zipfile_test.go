package zipfile_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/test/need"
)

// usual is a few members of all sizes and kinds of names.
func usual() *virtual {
	v := newVirtual()
	for i, m := range []struct {
		key  string
		size int64
	}{
		{"a.txt", 5}, {"empty", 0}, {"dir/b.bin", 100_000}, {"dir/deep/日本.pdf", 1 << 16}, {"one", 1},
		{"two words & more.txt", 33_333}, {"old", 7}, {"z", 70_001},
	} {
		v.add(m.key, m.size, byte(i+1))
	}
	v.objects["old"].LastModified = time.Date(1970, 1, 2, 3, 4, 5, 0, time.UTC)
	v.objects["one"].LastModified = time.Time{}
	v.objects["z"].LastModified = time.Date(2200, 1, 2, 3, 4, 5, 0, time.UTC)
	return v
}

func TestGoReadsTheArchive(t *testing.T) {
	v := usual()
	a := archive(t, v.members(t), nil)
	b := whole(t, a)
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != len(v.objects) {
		t.Fatalf("%d files, want %d", len(z.File), len(v.objects))
	}
	for _, f := range z.File {
		m := v.objects[f.Name]
		if m == nil {
			t.Errorf("%q is no member", f.Name)
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r) // compares the checksum
		if err != nil || int64(len(got)) != m.Size {
			t.Errorf("%s: %d bytes, %v, want %d", f.Name, len(got), err, m.Size)
		}
		for i, c := range got {
			if c != byteAt(int64(i), m.salt) {
				t.Errorf("%s: byte %d is not that of the member", f.Name, i)
				break
			}
		}
		if f.NonUTF8 || f.Method != zip.Store || f.Mode() != 0o644 {
			t.Errorf("%s: not UTF-8 %v, method %d, mode %v", f.Name, f.NonUTF8, f.Method, f.Mode())
		}
		if f.Name == "a.txt" && !f.Modified.Equal(when.Truncate(time.Second)) {
			t.Errorf("%s: modified %v, want %v", f.Name, f.Modified, when)
		}
	}
}

// TestProgramsReadTheArchive gives an archive to the programs that people have.
func TestProgramsReadTheArchive(t *testing.T) {
	v := usual()
	file := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(file, whole(t, archive(t, v.members(t), nil)), 0o600); err != nil {
		t.Fatal(err)
	}
	accepted(t, file, len(v.objects))
}

// accepted has unzip and Python test all of an archive of n members.
func accepted(t *testing.T, file string, n int) {
	t.Helper()
	out, err := exec.Command(need.Command(t, "unzip"), "-tqq", file).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("unzip -t: %v\n%.2000s", err, out)
	}
	const script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint(len(z.infolist()))"
	out, err = exec.Command(need.Command(t, "python3"), "-c", script, file).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != fmt.Sprint(n) {
		t.Errorf("Python: %v\n%.2000s", err, out)
	}
}

func TestEmptyArchive(t *testing.T) {
	b := whole(t, archive(t, nil, nil))
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil || len(z.File) != 0 {
		t.Errorf("%v, %v", z, err)
	}
}

// TestRangesAreSlices: any range has the bytes that the whole has there, whether
// the checksums are known or not.
func TestRangesAreSlices(t *testing.T) {
	v := usual()
	a := archive(t, v.members(t), nil)
	all := whole(t, a)
	remembering := archive(t, v.members(t), zipfile.NewSums(100))
	random := rand.New(rand.NewPCG(1, 2))
	size := int64(len(all))
	if size != a.Metadata().Size {
		t.Fatalf("%d bytes, the metadata says %d", size, a.Metadata().Size)
	}
	for range 1000 {
		start := random.Int64N(size)
		length := 1 + random.Int64N(size-start)
		if random.IntN(3) > 0 {
			length = min(length, 1+random.Int64N(200))
		}
		for name, b := range map[string]*zipfile.Archive{"without memory": a, "with memory": remembering} {
			got, err := section(t, b, core.Span{Start: start, Length: length})
			if err != nil || !bytes.Equal(got, all[start:start+length]) {
				t.Fatalf("%s: %d bytes from %d on: %d bytes, %v", name, length, start, len(got), err)
			}
		}
	}
	for start := range int64(400) { // every byte of the records at the end, alone
		got, err := section(t, remembering, core.Span{Start: size - 1 - start, Length: 1})
		if err != nil || got[0] != all[size-1-start] {
			t.Fatalf("byte %d from the end: %v, %v", start, got, err)
		}
	}
}

// TestSmallReads: it does not matter how much a reader asks for at once, and
// sections of one object follow each other.
func TestSmallReads(t *testing.T) {
	a := archive(t, usual().members(t), nil)
	all := whole(t, a)
	o, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for _, span := range []core.Span{{Start: 200_000, Length: 50_000}, {Length: 1000}, {Start: int64(len(all)) - 900, Length: 900}} {
		r, err := o.Section(t.Context(), span)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		for p := make([]byte, 7); int64(len(got)) < span.Length; {
			n, err := r.Read(p[:1+len(got)%7])
			got = append(got, p[:n]...)
			if err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got[:span.Length], all[span.Start:span.Start+span.Length]) {
			t.Errorf("%v: other bytes", span)
		}
	}
}

func TestManyMembers(t *testing.T) {
	const n = 70_000
	v := newVirtual()
	v.add("m", 1, 'x')
	members := make([]zipfile.Member, n)
	for i := range members {
		members[i] = v.members(t)[0]
		members[i].Name = fmt.Sprintf("%d/%d", i/1000, i)
	}
	file := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(file, whole(t, archive(t, members, zipfile.NewSums(10))), 0o600); err != nil {
		t.Fatal(err)
	}
	accepted(t, file, n)
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ given, want []string }{
		{[]string{"a/b.txt", "c"}, []string{"a/b.txt", "c"}},
		{[]string{"../../etc/passwd", "/etc/passwd", "a/../b", "./x", "a//y"}, []string{"etc/passwd", "etc/passwd (2)", "a/b", "x", "a/y"}},
		{[]string{`..\..\evil.exe`, `C:\x`}, []string{".._.._evil.exe", "C:_x"}},
		{[]string{"a\x00b", "line\nbreak", "\u202efdp.exe", "\xff\xfe"}, []string{"a_b", "line_break", "fdp.exe", "__"}},
		{[]string{"", "/", "..", "../.."}, []string{"download", "_", "download (2)", "download (3)"}},
		{[]string{"a.txt", "a.txt", "A.TXT", "a.txt"}, []string{"a.txt", "a (2).txt", "A (3).TXT", "a (4).txt"}},
		{[]string{"a (2).txt", "a.txt", "a.txt"}, []string{"a (2).txt", "a.txt", "a (3).txt"}},
		{[]string{"x", "x/y", "X/z"}, []string{"x (2)", "x/y", "X/z"}},
		{[]string{".hidden", ".hidden"}, []string{".hidden", ".hidden (2)"}},
		{[]string{"Straße", "STRASSE", "ſ", "s"}, []string{"Straße", "STRASSE", "ſ", "s (2)"}},
		{[]string{strings.Repeat("d/", 40_000) + "f"}, []string{"f"}},
	} {
		v := newVirtual()
		v.add("m", 0, 1)
		var members []zipfile.Member
		for _, name := range c.given {
			m := v.members(t)[0]
			m.Name = name
			members = append(members, m)
		}
		b := whole(t, archive(t, members, nil))
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range z.File {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%.100q: got %q, want %q", c.given, got, c.want)
		}
	}
}

// FuzzNames: whatever the names, no two files of an archive are one on a disk, and
// none lies outside.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"a,b", "../a,a", `x\y,x/y`, "\x00,\xff", ",,", "a,A,a (2),a/b", "..,../..,./."} {
		f.Add(s)
	}
	v := newVirtual()
	v.add("m", 0, 1)
	f.Fuzz(func(t *testing.T, list string) {
		var members []zipfile.Member
		for name := range strings.SplitSeq(list, ",") {
			m := v.members(t)[0]
			m.Name = name
			members = append(members, m)
		}
		b := whole(t, archive(t, members, nil))
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, file := range z.File {
			name := strings.ToLower(file.Name)
			if core.CheckKey(file.Name) != "" || seen[name] || file.NonUTF8 {
				t.Errorf("%q of %q", file.Name, list)
			}
			seen[name] = true
		}
		for name := range seen {
			for other := range seen {
				if strings.HasPrefix(other, name+"/") {
					t.Errorf("%q is a file and a folder of %q", name, list)
				}
			}
		}
	})
}

func TestEntityTag(t *testing.T) {
	v := newVirtual()
	v.add("a", 5, 1)
	v.add("b", 6, 2)
	tag := func(change func([]zipfile.Member)) string {
		m := v.members(t)
		if change != nil {
			change(m)
		}
		return archive(t, m, nil).Metadata().ETag
	}
	first := tag(nil)
	if first != tag(nil) || strings.HasPrefix(first, "W/") || len(first) != 34 {
		t.Errorf("%s, then %s", first, tag(nil))
	}
	for name, change := range map[string]func([]zipfile.Member){
		"another name":    func(m []zipfile.Member) { m[0].Name = "c" },
		"another version": func(m []zipfile.Member) { m[0].Metadata.ETag = `"x"` },
		"another date":    func(m []zipfile.Member) { m[0].Metadata.LastModified = when.Add(1) },
		"another size":    func(m []zipfile.Member) { m[0].Metadata.Size++ },
		"another order":   func(m []zipfile.Member) { m[0], m[1] = m[1], m[0] },
		"another store":   func(m []zipfile.Member) { m[0].Store = storage.New("other", v) },
	} {
		if got := tag(change); got == first || got == "" {
			t.Errorf("%s: the tag is %s still", name, got)
		}
	}
	weak := tag(func(m []zipfile.Member) { m[0].Metadata.ETag = "" })
	if !strings.HasPrefix(weak, `W/"`) {
		t.Errorf("a member without a tag: %s, want a weak one", weak)
	}
	none := tag(func(m []zipfile.Member) { m[0].Metadata.ETag, m[0].Metadata.LastModified = "", time.Time{} })
	if none != "" {
		t.Errorf("a member of unknown version: %s, want no tag", none)
	}
}

// TestUnknownVersion: nothing tells two such archives apart, so there are no
// ranges of them.
func TestUnknownVersion(t *testing.T) {
	v := newVirtual()
	v.add("a", 5, 1).Metadata = core.Metadata{Size: 5}
	o, err := archive(t, v.members(t), nil).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := o.(storage.RangeLimiter).MaxRanges(); n != 0 {
		t.Errorf("%d ranges, want none", n)
	}
}

func TestSizeThatCannotBe(t *testing.T) {
	v := newVirtual()
	v.add("a", -1, 1)
	if _, err := zipfile.New(v.members(t), nil); !isSize(err) {
		t.Errorf("unknown size: %v", err)
	}
	v.add("a", math.MaxInt64, 1)
	v.add("b", math.MaxInt64, 1)
	if _, err := zipfile.New(v.members(t), nil); !isSize(err) {
		t.Errorf("2^64 bytes: %v", err)
	}
}
