//go:build race

package admin_test

import "time"

// The same where the race detector makes everything slower: fewer and longer lives.
const (
	kills       = 20
	longestLife = 500 * time.Millisecond
)
