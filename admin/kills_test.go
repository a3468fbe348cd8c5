//go:build !race

package admin_test

import "time"

// How often the server is killed while files are uploaded, and after how long at most.
const (
	kills       = 200
	longestLife = 60 * time.Millisecond
)
