package admin

// HoldHashes has nobody's password be hashed until release is called. At most so many
// wait meanwhile.
func HoldHashes() (release func(), waiting func() int, most int) {
	for range cap(hashing) {
		hashing <- struct{}{}
	}
	release = func() {
		for range cap(hashing) {
			<-hashing
		}
	}
	return release, func() int { return len(queue) }, cap(queue)
}
