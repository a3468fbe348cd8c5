package dirstore

// WithoutDirect makes s resolve all names by os.Root, as it does where there is
// no openat2(2).
func WithoutDirect(s *Store) *Store {
	s.direct.close()
	s.direct = direct{}
	return s
}
