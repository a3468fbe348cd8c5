// Package track counts downloads and tells others of them. A Tracker is the
// download.Recorder of a service: it takes note of each download in memory, at once,
// and does the rest by itself a moment later. Each download is counted once, whatever
// the number of parts and tries in which its client fetches it; the counts go to the
// catalogue in numbered batches, and an event of each goes to the receivers. Nothing
// of it can delay a download or make it fail.
package track
