// Package flight has work that several callers want at the same time done once.
package flight

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// Group is a set of works by key. The zero value is ready; it is safe for
// concurrent use.
type Group[T any] struct {
	mu    sync.Mutex
	calls map[string]*call[T]
}

// call is one work that runs.
type call[T any] struct {
	done    chan struct{} // closed when the fields below are set
	value   T
	err     error
	panic   *Panic
	waiting int // callers; guarded by Group.mu
	cancel  context.CancelFunc
}

// Panic is what Do panics with in every caller if the work panicked.
type Panic struct {
	Value any
	Stack []byte // of the work
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }

// Do returns what work returns. Callers that come while the work of the same key
// runs share it. A caller whose ctx ends goes alone, with ctx's error; the work's
// own context ends when the last caller has gone, and has the values of the
// first one's. If work panics, every caller does, with a *Panic.
func (g *Group[T]) Do(ctx context.Context, key string, work func(context.Context) (T, error)) (T, error) {
	g.mu.Lock()
	c := g.calls[key]
	if c == nil {
		c = g.start(ctx, key, work)
	}
	c.waiting++
	g.mu.Unlock()
	select {
	case <-c.done:
	case <-ctx.Done():
		g.leave(key, c)
		var none T
		return none, ctx.Err()
	}
	if c.panic != nil {
		panic(c.panic)
	}
	return c.value, c.err
}

// start runs work in a goroutine of its own; g.mu is held.
func (g *Group[T]) start(ctx context.Context, key string, work func(context.Context) (T, error)) *call[T] {
	c := &call[T]{done: make(chan struct{})}
	ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if g.calls == nil {
		g.calls = map[string]*call[T]{}
	}
	g.calls[key] = c
	go func() {
		defer func() {
			if v := recover(); v != nil {
				c.panic = &Panic{v, debug.Stack()}
			}
			g.mu.Lock()
			g.forget(key, c)
			g.mu.Unlock()
			c.cancel()
			close(c.done)
		}()
		c.value, c.err = work(ctx)
	}()
	return c
}

// leave takes one caller away. Without any, the work is told to stop, and who
// comes now begins it anew.
func (g *Group[T]) leave(key string, c *call[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.waiting--; c.waiting == 0 {
		c.cancel()
		g.forget(key, c)
	}
}

func (g *Group[T]) forget(key string, c *call[T]) {
	if g.calls[key] == c {
		delete(g.calls, key)
	}
}
