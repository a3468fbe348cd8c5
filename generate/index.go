package generate

import (
	"container/list"
	"sync"
	"time"
)

// index knows what a cache holds and keeps it within its bound.
type index struct {
	max    int64
	remove func(key string) error

	mu    sync.Mutex
	made  int64 // bytes of finished files
	open  int64 // bytes of files in the making
	files map[string]*list.Element
	used  *list.List // of *cached; the front was used last
}

// cached is a finished file.
type cached struct {
	key        string
	size       int64 // in whole blocks
	made, used time.Time
}

func newIndex(most int64, remove func(key string) error) *index {
	return &index{max: most, remove: remove, files: map[string]*list.Element{}, used: list.New()}
}

func (x *index) total() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.made + x.open
}

// use reports whether the file is there and not too old, and notes that it is
// wanted.
func (x *index) use(key string, maxAge time.Duration) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	e, ok := x.files[key]
	now := time.Now()
	if !ok || now.Sub(e.Value.(*cached).made) >= maxAge {
		return false
	}
	e.Value.(*cached).used = now
	x.used.MoveToFront(e)
	return true
}

// reserve sets n bytes aside for a file in the making, and removes files that
// were not used for longest. If the only ones left are too fresh to go, it sets
// nothing aside and says how long to wait.
func (x *index) reserve(n int64) (wait time.Duration, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.open+n > x.max {
		return 0, ErrFull
	}
	for x.made+x.open+n > x.max {
		e := x.used.Back()
		if fresh := hold - time.Since(e.Value.(*cached).used); fresh > 0 {
			return fresh, nil
		}
		if err := x.evict(e); err != nil {
			return 0, err
		}
	}
	x.open += n
	return 0, nil
}

// release gives up what was set aside.
func (x *index) release(n int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open -= n
}

// add makes what was set aside the finished file at key, in place of one before.
func (x *index) add(key string, size int64, made time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open -= size
	x.insert(&cached{key, size, made, made})
}

// found adds a file that was in the directory already.
func (x *index) found(key string, size int64, made time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.files[key] == nil {
		x.insert(&cached{key, size, made, made})
	}
}

// insert puts a file where it belongs by its last use; x.mu is held.
func (x *index) insert(f *cached) {
	if e := x.files[f.key]; e != nil {
		x.drop(e)
	}
	x.made += f.size
	at := x.used.Front()
	for at != nil && at.Value.(*cached).used.After(f.used) {
		at = at.Next()
	}
	if at == nil {
		x.files[f.key] = x.used.PushBack(f)
	} else {
		x.files[f.key] = x.used.InsertBefore(f, at)
	}
}

// forget drops a file that is not there any more.
func (x *index) forget(key string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if e := x.files[key]; e != nil {
		x.drop(e)
	}
}

// expire removes the files that are too old, and files until the bound is kept.
func (x *index) expire(maxAge time.Duration) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := time.Now()
	for e := x.used.Back(); e != nil; {
		f, next := e.Value.(*cached), e.Prev()
		old := now.Sub(f.made) >= maxAge || x.made+x.open > x.max
		if old && now.Sub(f.used) >= hold {
			if err := x.evict(e); err != nil {
				return err
			}
		}
		e = next
	}
	return nil
}

// evict removes a file; x.mu is held.
func (x *index) evict(e *list.Element) error {
	if err := x.remove(e.Value.(*cached).key); err != nil {
		return err
	}
	x.drop(e)
	return nil
}

func (x *index) drop(e *list.Element) {
	f := x.used.Remove(e).(*cached)
	delete(x.files, f.key)
	x.made -= f.size
}
