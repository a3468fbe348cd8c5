package main

import (
	"context"
	"errors"
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

// fetch asks for the secrets of the keys. Those whose variable is unset are left out, as
// on Workers, so that a key can come or go by the environment alone; but one there is.
func (k *keyring) fetch(ctx context.Context) (*link.Verifier, error) {
	var keys []link.Key
	var unset error
	for _, key := range k.keys {
		made, err := k.key(ctx, key)
		if err != nil {
			err = fmt.Errorf("key %q: %w", key.ID, err)
		}
		switch {
		case errors.Is(err, errUnset):
			unset = errors.Join(unset, err)
		case err != nil:
			return nil, err
		default:
			keys = append(keys, made)
		}
	}
	if keys == nil && unset != nil {
		return nil, unset
	}
	return link.NewVerifier(keys, k.options)
}

func (k *keyring) key(ctx context.Context, key config.LinkKey) (link.Key, error) {
	secret, err := k.secret(ctx, key.SecretEnv)
	if err != nil {
		return link.Key{}, err
	}
	return link.NewKey(key.ID, []byte(secret))
}
