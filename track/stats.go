package track

// Stats is how a tracker fares. Numbers but Waiting are since it began.
type Stats struct {
	Waiting   int64 // downloads in memory that are not counted yet
	Counted   int64 // downloads that are stored, bots' too
	Repeated  int64 // requests for a download that had been counted
	Dropped   int64 // downloads that were not counted for want of room
	Failures  int64 // of storing a batch, which is then tried again
	Receivers []ReceiverStats
}

// ReceiverStats is how a receiver fares.
type ReceiverStats struct {
	Name    string
	Waiting int   // events
	Told    int64 // events
	Lost    int64 // events that it will not be told
}

// Stats is how the tracker fares now.
func (t *Tracker) Stats() Stats {
	came, dropped := t.inbox.state()
	waiting, lost := t.pending.left()
	s := Stats{Waiting: int64(came) + waiting, Repeated: t.known.Load(), Dropped: dropped + lost}
	if t.sender != nil {
		s.Waiting += t.sender.sending.Load()
		s.Counted, s.Failures = t.sender.stored.Load(), t.sender.failures.Load()
	}
	for _, o := range t.outboxes {
		r := ReceiverStats{Name: o.to.Name()}
		r.Waiting, r.Told, r.Lost = o.state()
		s.Receivers = append(s.Receivers, r)
	}
	return s
}
