package zipfile

import (
	"fmt"
	"path"
	"strings"

	"github.com/downlink-go/downlink/core"
)

// maxName is the longest name that a zip file can say (APPNOTE §4.4.10).
const maxName = most16

// cleanName makes a path of any bytes that lies below the folder which an archive
// is unpacked in: each segment is a file name as core.CleanName makes them, and
// the segments that name no file ("", "." and "..") go.
func cleanName(name string) string {
	var segments []string
	for s := range strings.SplitSeq(name, "/") {
		if s != "" && s != "." && s != ".." {
			segments = append(segments, core.CleanName(s))
		}
	}
	if clean := strings.Join(segments, "/"); clean != "" && len(clean) <= maxName-len(" (2147483647)") {
		return clean
	}
	return core.CleanName(path.Base(name))
}

// number cleans the entries' names and makes them unique, whatever case a file
// system tells apart: no two name the same file, and none names a folder of
// another.
func number(entries []entry) {
	taken := make(map[string]bool, len(entries))
	for i := range entries {
		e := &entries[i]
		e.Name = cleanName(e.Name)
		for dir := path.Dir(e.Name); dir != "."; dir = path.Dir(dir) {
			taken[fold(dir)] = true
		}
	}
	next := map[string]int{}
	for i := range entries {
		e := &entries[i]
		name := e.Name
		for taken[fold(name)] {
			n := max(next[fold(e.Name)], 2)
			next[fold(e.Name)] = n + 1
			name = numbered(e.Name, n)
		}
		e.Name = name
		taken[fold(name)] = true
	}
}

// numbered is name with a number in front of its extension.
func numbered(name string, n int) string {
	dir, file := path.Split(name)
	ext := path.Ext(file)
	if ext == file { // ".hidden" is no extension
		ext = ""
	}
	return fmt.Sprintf("%s%s (%d)%s", dir, strings.TrimSuffix(file, ext), n, ext)
}

// fold is the same for names that a file system may take for one.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }
