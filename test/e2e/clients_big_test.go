package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// Files that take a while: one of random bytes, and sparse ones that hold random
// bytes at a few places only.
const (
	largeFile  = "big.bin"
	largeSize  = 64 << 20
	smallFile  = "random.bin"
	sparseFile = "sparse 1 GiB.bin"
	fiveFile   = "sparse 5 GiB.bin"
	fiveSize   = 5 << 30
	sampleSize = 64 << 10
)

// samples are where the 5 GiB file holds random bytes: at its ends, in the
// middle, and across the 4 GiB that 32 bits can count.
var samples = []int64{0, fiveSize / 2, 4<<30 - sampleSize/2, fiveSize - sampleSize}

func writeBig(t testing.TB, dir string) {
	t.Helper()
	writeRandom(t, filepath.Join(dir, smallFile), 1<<20, 1<<20, 0)
	writeRandom(t, filepath.Join(dir, largeFile), largeSize, largeSize, 0)
	writeRandom(t, filepath.Join(dir, sparseFile), 1<<30, sampleSize, 0, 1<<29, 1<<30-sampleSize)
	writeRandom(t, filepath.Join(dir, fiveFile), fiveSize, sampleSize, samples...)
}

// writeRandom makes a file of size bytes that holds n random bytes, the same in
// every run, at each of the places.
func writeRandom(t testing.TB, file string, size, n int64, places ...int64) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8(sha256.Sum256([]byte(filepath.Base(file))))
	for _, at := range places {
		if _, err := io.CopyN(io.NewOffsetWriter(f, at), random, n); err != nil {
			t.Fatal(err)
		}
	}
}

// part is what an interrupted client left of a file.
type part struct {
	name string
	have int64 // bytes that are there
	rest int64 // and that are missing
	same func(t testing.TB, file string)
}

// answer is the field that says that the download went on where it had ended.
func (p part) answer() string { return fmt.Sprintf("Content-Range: bytes %d-", p.have) }

// fiveRest is how much leaveParts leaves to be downloaded of the 5 GiB.
const fiveRest = 16 << 20

// leaveParts leaves half of the big file and nearly all of the 5 GiB one in dir.
// same compares a part with the file, once it is complete.
func (o origin) leaveParts(t testing.TB, dir string) []part {
	t.Helper()
	writeRandom(t, filepath.Join(dir, largeFile), largeSize, largeSize, 0)
	writeRandom(t, filepath.Join(dir, fiveFile), fiveSize, sampleSize, samples...)
	for file, size := range map[string]int64{largeFile: largeSize / 2, fiveFile: fiveSize - fiveRest} {
		if err := os.Truncate(filepath.Join(dir, file), size); err != nil {
			t.Fatal(err)
		}
	}
	return []part{
		{largeFile, largeSize / 2, largeSize / 2, func(t testing.TB, file string) { sameFiles(t, file, o.local(largeFile)) }},
		{fiveFile, fiveSize - fiveRest, fiveRest, o.sameRest},
	}
}

// sameRest compares the size of a resumed copy of the 5 GiB, what was missing of
// it and the bytes before: a client that appends at the wrong place spoils them.
func (o origin) sameRest(t testing.TB, file string) {
	t.Helper()
	got, err := os.Open(file)
	if err != nil {
		t.Error(err)
		return
	}
	defer got.Close()
	want, err := os.Open(o.local(fiveFile))
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	if info, err := got.Stat(); err != nil || info.Size() != fiveSize {
		t.Errorf("%s: %v, %v; want %d bytes", file, info, err, int64(fiveSize))
	}
	for _, at := range append([]int64{fiveSize - fiveRest - sampleSize}, samples...) {
		n := int64(sampleSize)
		if at > samples[2] {
			n = fiveSize - at
		}
		a, b := make([]byte, n), make([]byte, n)
		got.ReadAt(a, at)
		want.ReadAt(b, at)
		if !bytes.Equal(a, b) {
			t.Errorf("%s: other bytes from %d on", file, at)
		}
	}
}
