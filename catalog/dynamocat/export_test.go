package dynamocat

import "time"

// SetLease is how long a put of many items may stand still, a minute without it.
func (s *Store) SetLease(d time.Duration) { s.lease = d }

// Options are those that the store was made with.
func (s *Store) Options() Options { return s.opts }
