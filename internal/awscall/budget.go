package awscall

import "sync/atomic"

// What another try takes from a budget, and what each request that is accepted gives back
// besides what its own tries took.
const (
	tryCosts    = 5
	acceptGives = 1
)

// budget is what a client may spend on further tries, so that an outage is not answered
// by several times the requests. The zero value has no bounds.
type budget struct {
	most  int64 // 0: no bounds
	spent atomic.Int64
}

// spend reports whether there is enough for another try, and takes it.
func (b *budget) spend() bool {
	if b.most == 0 || b.spent.Add(tryCosts) <= b.most {
		return true
	}
	b.spent.Add(-tryCosts)
	return false
}

// earn gives back for a request that was accepted after so many further tries.
func (b *budget) earn(tries int) {
	if b.most > 0 && b.spent.Add(-int64(tries)*tryCosts-acceptGives) < 0 {
		b.spent.Store(0)
	}
}
