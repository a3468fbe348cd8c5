package download

import "sync"

// mostSizes is how many files' sizes are remembered.
const mostSizes = 4096

// sizes are those of files when they were last seen: a guess of how a file will be
// delivered, which spares a store a question. What is opened is decided about anew.
type sizes struct {
	mu sync.Mutex
	of map[sized]int64
}

type sized struct{ store, key string }

// put remembers a size; one that is known goes if there are too many.
func (s *sizes) put(f *File, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[sized]int64{}
	}
	at := sized{f.Store.Name(), f.Key}
	if _, known := s.of[at]; !known && len(s.of) >= mostSizes {
		for other := range s.of {
			delete(s.of, other)
			break
		}
	}
	s.of[at] = size
}

// below reports whether the file was seen with fewer bytes than that.
func (s *sizes) below(f *File, limit int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	size, known := s.of[sized{f.Store.Name(), f.Key}]
	return known && size < limit
}
