package wire

import "github.com/downlink-go/downlink/core"

// Flags of a decision.
const (
	countsFlag    = 1 << iota // it is a download to be counted
	continuesFlag             // it goes on with a download that was counted
)

// appendDecision appends a decision for JavaScript to carry out: status, delivery,
// flags and number of spans, the spans, then the lengths of three texts and the
// texts. The first has a line each for the reason and for the name and the value of
// each field; the second is the message. The third is there for several spans: what
// goes before each of them and after the last, each with its length before it.
func appendDecision(dst []byte, d *core.Decision) []byte {
	var flags byte
	if d.Counts {
		flags |= countsFlag
	}
	if d.Continues {
		flags |= continuesFlag
	}
	dst = append(dst, byte(d.Status), byte(d.Status>>8), byte(d.Delivery), flags)
	dst = appendUint32(dst, uint32(len(d.Spans)))
	for _, s := range d.Spans {
		dst = appendFloat64(dst, float64(s.Start))
		dst = appendFloat64(dst, float64(s.Length))
	}
	lengths := len(dst)
	dst = append(dst, make([]byte, 12)...)
	start := len(dst)
	dst = append(dst, d.Reason...)
	for _, f := range d.Fields {
		dst = append(dst, '\n')
		dst = append(dst, f.Name...)
		dst = append(dst, '\n')
		dst = append(dst, f.Value...)
	}
	setUint32(dst[lengths:], len(dst)-start)
	setUint32(dst[lengths+4:], len(d.Message))
	dst = append(dst, d.Message...)
	if d.Multipart() {
		start = len(dst)
		dst = appendParts(dst, d)
		setUint32(dst[lengths+8:], len(dst)-start)
	}
	return dst
}

// appendParts appends the heads of the parts and the close of a multipart body.
func appendParts(dst []byte, d *core.Decision) []byte {
	for i := range len(d.Spans) + 1 {
		length := len(dst)
		dst = append(dst, 0, 0, 0, 0)
		if i < len(d.Spans) {
			dst = d.AppendPartHead(dst, i)
		} else {
			dst = d.AppendClose(dst)
		}
		setUint32(dst[length:], len(dst)-length-4)
	}
	return dst
}

func setUint32(b []byte, n int) {
	b[0], b[1], b[2], b[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
}
