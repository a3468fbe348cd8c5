package admin

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often somebody may try to log in: attempts for each account and from each
// address, within a minute.
const (
	attempts       = 10
	attemptsWithin = time.Minute
	mostLimited    = 10_000 // accounts and addresses that are watched at a time
)

// allow counts an attempt for an account. Errors: errTooMany. Those that an address may
// not make count for no account.
func (x *visit) allow(account string) error {
	if err := x.allowFrom(); err != nil {
		return err
	}
	return x.attempt("account " + account)
}

// allowFrom is allow for what is no account's.
func (x *visit) allowFrom() error { return x.attempt("address " + network(x.opts.Client(x.r))) }

// attempt counts an attempt in this process and, if that allows it, in all of them.
func (x *visit) attempt(key string) error {
	ok := x.attempts.take(time.Now(), key)
	if l, shared := x.opts.Records.(Limiter); ok && shared {
		var err error
		if ok, err = l.Attempt(x.r.Context(), key, attempts, attemptsWithin); err != nil {
			return err
		}
	}
	if !ok {
		return errTooMany
	}
	return nil
}

// limits counts attempts.
type limits struct {
	mu   sync.Mutex
	each map[string]*rate.Limiter
}

// take counts an attempt, and reports whether it is allowed.
func (l *limits) take(now time.Time, key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of(now, key).AllowN(now, 1)
}

func (l *limits) of(now time.Time, key string) *rate.Limiter {
	if l.each == nil {
		l.each = map[string]*rate.Limiter{}
	}
	found, ok := l.each[key]
	if !ok {
		if len(l.each) >= mostLimited {
			l.forget(now)
		}
		found = rate.NewLimiter(rate.Every(attemptsWithin/attempts), attempts)
		l.each[key] = found
	}
	return found
}

// forget forgets whoever has all attempts left, and of the others as many as are more
// than half of what is watched at most: it is long until the next time.
func (l *limits) forget(now time.Time) {
	for key, limiter := range l.each {
		if limiter.TokensAt(now) >= attempts {
			delete(l.each, key)
		}
	}
	for key := range l.each {
		if len(l.each) <= mostLimited/2 {
			return
		}
		delete(l.each, key)
	}
}

// network is what counts as one address: an IPv4 address, or the /64 that one
// customer has of IPv6.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if withPort, e := netip.ParseAddrPort(address); err != nil && e == nil {
		ip, err = withPort.Addr(), nil
	}
	if err != nil {
		return address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	const customer = 64
	p, _ := ip.Prefix(customer)
	return p.String()
}
