package dynamocat

// Options are those that the store was made with.
func (s *Store) Options() Options { return s.opts }
