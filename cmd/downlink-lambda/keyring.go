package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/core/link"
)

// kept is how long fetched keys are used before they are fetched again.
const kept = 5 * time.Minute

// keyring fetches the keys of signed links.
type keyring struct {
	keys    []config.LinkKey
	options link.Options
	secret  func(ctx context.Context, variable string) (string, error)

	mu    sync.Mutex
	known *link.Verifier
	until time.Time
}

// verifier has the keys. Those of before are used while they cannot be fetched again.
func (k *keyring) verifier(ctx context.Context) (*link.Verifier, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known != nil && time.Now().Before(k.until) {
		return k.known, nil
	}
	v, err := k.fetch(ctx)
	if err != nil {
		if k.known == nil {
			return nil, err
		}
		v = k.known
	}
	k.known, k.until = v, time.Now().Add(kept)
	return v, nil
}

func (k *keyring) fetch(ctx context.Context) (*link.Verifier, error) {
	keys := make([]link.Key, len(k.keys))
	for i, key := range k.keys {
		secret, err := k.secret(ctx, key.SecretEnv)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", key.ID, err)
		}
		if keys[i], err = link.NewKey(key.ID, []byte(secret)); err != nil {
			return nil, fmt.Errorf("key %q: %w", key.ID, err)
		}
	}
	return link.NewVerifier(keys, k.options)
}
