package core

// Delivery is how the bytes of a file reach the client.
type Delivery uint8

// The deliveries. What the last three need besides a Decision (an open file, an
// internal URL, a presigned URL) is found by the caller once Decide has chosen.
const (
	None     Delivery = iota // no bytes of a file: HEAD, 304, an error
	Stream                   // this process, or the platform's own stream, sends them
	Offload                  // the front server does, by X-Accel-Redirect or X-Sendfile
	Redirect                 // another server does, by Location
)

var deliveryNames = [...]string{"none", "stream", "offload", "redirect"}

// String is the delivery's name in lower case, as logs and `downlink explain`
// print it.
func (d Delivery) String() string {
	if int(d) < len(deliveryNames) {
		return deliveryNames[d]
	}
	return "unknown"
}

// Capabilities says what can be done with one file on one platform.
type Capabilities struct {
	// Deliveries are the possible ones, best first. With none, a file that
	// should be sent is answered 503: there is no private way to deliver it.
	// Before Stream, Offload is passed over for requests that a front server may
	// read in another way than Decide.
	Deliveries []Delivery
	// MaxBody is the largest body in bytes that Stream may send; 0: no limit.
	MaxBody int64
	// NoRanges says that Stream can only send the whole file: Range is ignored, and
	// the client is told so (RFC 9110 §14.3).
	NoRanges bool
	// MultipartRanges says that Stream can send several ranges in one answer.
	MultipartRanges bool
	// FrontKnowsETag says that the front server of Offload gives the file the same
	// ETag and Last-Modified, so that it may look at If-Match and If-Unmodified-Since
	// again.
	FrontKnowsETag bool
	// FrontObeys says that the front server of Offload looks at no field of the
	// request: it sends the one range of the decision, or the whole file.
	FrontObeys bool
}
