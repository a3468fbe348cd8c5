//go:build !unix

package doctor

// unreadable knows nothing of permissions here.
func (x *exam) unreadable(string) (why string, change *Change) { return "", nil }
