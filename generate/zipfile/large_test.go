package zipfile_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
	"github.com/downlink-go/downlink/generate/zipfile"
	"github.com/downlink-go/downlink/test/need"
)

// TestLargeArchive: 1,000 members of 5 GiB together, one over 4 GiB and so the
// offsets of others too. The whole is written to a file with holes and read by
// real programs; 1,000 ranges are compared with it. unzip takes its time for the
// checksum of 5 GiB: it tests all members only if DOWNLINK_LARGE is set, and the
// small ones otherwise.
func TestLargeArchive(t *testing.T) {
	v := newVirtual()
	v.add("0000 large.bin", 4<<30+12345, 0)
	for i := 1; i < 1000; i++ {
		salt := byte(i)
		if i > 20 {
			salt = 0
		}
		v.add(fmt.Sprintf("%04d.bin", i), 1<<20+int64(i), salt)
	}
	a := archive(t, v.members(t), zipfile.NewSums(1000))
	size := a.Metadata().Size
	if size < 5<<30-30<<20 {
		t.Fatalf("only %d bytes", size)
	}
	file := filepath.Join(t.TempDir(), "large.zip")
	f := writeSparse(t, a, file)
	defer f.Close()
	random := rand.New(rand.NewPCG(3, 4))
	want := make([]byte, 5000)
	for range 1000 {
		span := core.Span{Start: random.Int64N(size - 5000), Length: 1 + random.Int64N(5000)}
		if random.IntN(2) == 0 { // where the records are close together
			span.Start = size - 5000 - random.Int64N(200_000)
		}
		got, err := section(t, a, span)
		if _, err := f.ReadAt(want[:span.Length], span.Start); err != nil {
			t.Fatal(err)
		}
		if err != nil || !bytes.Equal(got, want[:span.Length]) {
			t.Fatalf("%v: %d bytes, %v", span, len(got), err)
		}
	}
	z, err := zip.NewReader(f, size)
	if err != nil || len(z.File) != 1000 || z.File[0].UncompressedSize64 != 4<<30+12345 {
		t.Fatalf("Go: %v", err)
	}
	args := []string{"-tqq", file}
	script := "z.testzip() is None"
	if os.Getenv("DOWNLINK_LARGE") == "" {
		args = append(args, "00[0-4][1-9].bin", "0999.bin")
		script = "all(z.read('%04d.bin' % i) for i in (1, 500, 999))"
	}
	if out, err := exec.Command(need.Command(t, "unzip"), args...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("unzip -t: %v\n%.2000s", err, out)
	}
	script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert " + script + "\nprint(len(z.infolist()), z.infolist()[0].file_size)"
	out, err := exec.Command(need.Command(t, "python3"), "-c", script, file).CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != "1000 4294979641" {
		t.Errorf("Python: %v\n%.2000s", err, got)
	}
}

// writeSparse writes an archive to a file, with holes where it is zero.
func writeSparse(t *testing.T, a *zipfile.Archive, file string) *os.File {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(a.Metadata().Size); err != nil {
		t.Fatal(err)
	}
	o, err := a.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	r, err := o.Section(t.Context(), core.Span{Length: a.Metadata().Size})
	if err != nil {
		t.Fatal(err)
	}
	zero, buf := make([]byte, 1<<18), make([]byte, 1<<18)
	for at := int64(0); ; {
		n, err := r.Read(buf)
		if !bytes.Equal(buf[:n], zero[:n]) {
			if _, err := f.WriteAt(buf[:n], at); err != nil {
				t.Fatal(err)
			}
		}
		at += int64(n)
		if err == io.EOF {
			return f
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
