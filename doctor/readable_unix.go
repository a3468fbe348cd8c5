//go:build unix

package doctor

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// reader is a user who reads files.
type reader struct {
	name string
	uid  uint32
	gids []uint32
}

// frontReader is the user as whom the front server reads files, if that is known.
func (x *exam) frontReader() (reader, bool) {
	name := x.FrontUser
	if d := x.find("user", nil); name == "" && d != nil && d.Parent == nil && len(d.Args) > 0 {
		name = d.Args[0]
	}
	if name == "" {
		return listening(x.Front)
	}
	u, err := user.Lookup(name)
	if err != nil {
		return reader{}, false
	}
	r := reader{name: name}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return reader{}, false
	}
	r.uid = uint32(uid)
	ids, err := u.GroupIds()
	if err != nil {
		ids = []string{u.Gid}
	}
	for _, id := range ids {
		if n, err := strconv.ParseUint(id, 10, 32); err == nil {
			r.gids = append(r.gids, uint32(n))
		}
	}
	return r, true
}

// unreadable says why the front server's user may not read a file, "" if nothing is
// known against it.
func (x *exam) unreadable(file string) (why string, change *Change) {
	if file == "" {
		return "", nil
	}
	who, known := x.frontReader()
	if known && who.uid == 0 {
		return "", nil
	}
	for path := file; ; path = filepath.Dir(path) {
		info, err := os.Stat(path)
		if err != nil {
			return "", nil // whether it is there is another question
		}
		need, letter := fs.FileMode(4), "r"
		if path != file {
			need, letter = 1, "x"
		}
		if !who.may(info, need, known) {
			return fmt.Sprintf("%s is %v of %s, and %s is neither", path, info.Mode(), owners(info), who.called(known)),
				&Change{Text: fmt.Sprintf("chmod o+%s %q, or give it to a group of that user", letter, path)}
		}
		if path == filepath.Dir(path) {
			return "", nil
		}
	}
}

func (r reader) called(known bool) string {
	if !known {
		return "the front server's user"
	}
	return r.name
}

// may reports whether a user has a permission, 4 to read or 1 to enter. An unknown
// user has what everybody has.
func (r reader) may(info fs.FileInfo, need fs.FileMode, known bool) bool {
	mode := info.Mode().Perm()
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || !known:
		return mode&need != 0
	case st.Uid == r.uid:
		return mode>>6&need != 0
	case slices.Contains(r.gids, st.Gid):
		return mode>>3&need != 0
	}
	return mode&need != 0
}

// owners names a file's user and group.
func owners(info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "somebody"
	}
	uid, gid := strconv.FormatUint(uint64(st.Uid), 10), strconv.FormatUint(uint64(st.Gid), 10)
	if u, err := user.LookupId(uid); err == nil {
		uid = u.Username
	}
	if g, err := user.LookupGroupId(gid); err == nil {
		gid = g.Name
	}
	return uid + ":" + gid
}
