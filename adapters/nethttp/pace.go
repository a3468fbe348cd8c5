package nethttp

import "time"

// paces is how many pieces a second a limited download is sent in.
const paces = 4

// most is how much is sent at a time of what has n bytes left to send.
func (x *exchange) most(n int64) int64 {
	if rate := x.answer.Rate; rate > 0 {
		n = min(n, max(rate/paces, 1))
	}
	return min(n, chunk)
}

// pace waits, after a piece was sent, until that many bytes may have been. The
// connection is idle meanwhile: sendfile(2) sends each piece as it does any other.
func (x *exchange) pace() {
	if x.answer.Rate <= 0 {
		return
	}
	seconds := float64(x.bytes) / float64(x.answer.Rate)
	early := time.Until(x.start.Add(time.Duration(seconds * float64(time.Second))))
	if early <= 0 {
		return
	}
	wait := time.NewTimer(early)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-x.r.Context().Done():
	}
}
