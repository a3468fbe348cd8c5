package zipfile

import (
	"encoding/binary"
	"math"
	"time"
)

// The records of a zip file, in the words and by the numbers of PKWARE's
// APPNOTE.TXT 6.3.10. All of a record but the checksum is known beforehand, and a
// checksum is never in front of the data it is of: see docs/adr/0009.
const (
	localSignature      = 0x04034b50 // §4.3.7
	descriptorSignature = 0x08074b50 // §4.3.9
	centralSignature    = 0x02014b50 // §4.3.12
	end64Signature      = 0x06064b50 // §4.3.14
	locatorSignature    = 0x07064b50 // §4.3.15
	endSignature        = 0x06054b50 // §4.3.16

	localHeaderSize = 30

	zip20, zip45 = 20, 45         // versions needed to extract, §4.4.3
	unix         = 3 << 8         // the system of the file attributes, §4.4.2
	regular644   = 0o100644 << 16 // a regular file that its owner may write
	flags        = 1<<3 | 1<<11   // data descriptor, names in UTF-8, §4.4.4
	stored       = 0              // the compression method, §4.4.5
	timeExtra    = 0x5455         // extended timestamp: seconds since 1970
	zip64Extra   = 0x0001         // §4.5.3
	most16       = math.MaxUint16 // what stands for a number in a zip64 record
	most32       = math.MaxUint32 // likewise
	endOfTime    = math.MaxInt32  // the last second that the extra field can say
	dosEpoch     = 1980           // §4.4.6
	dosLastYear  = dosEpoch + 1<<7 - 1
)

var le = binary.LittleEndian

// large reports whether the member's size needs zip64.
func (e *entry) large() bool { return e.Metadata.Size >= most32 }

// seconds is the member's time of modification, 0 without one that can be said.
func (e *entry) seconds() int64 {
	t := e.Metadata.LastModified.Unix()
	if e.Metadata.LastModified.IsZero() || t < 0 || t > endOfTime {
		return 0
	}
	return t
}

// dataStart is the size of the local header.
func (e *entry) dataStart() int64 {
	n := localHeaderSize + len(e.Name)
	if e.seconds() > 0 {
		n += 9
	}
	if e.large() {
		n += 20
	}
	return int64(n)
}

func (e *entry) descriptorSize() int64 {
	if e.large() {
		return 24
	}
	return 16
}

// dataEnd is where the descriptor begins.
func (e *entry) dataEnd() int64 { return e.start + e.dataStart() + e.Metadata.Size }

// appendLocal appends the local header: sizes and checksum are in the descriptor.
func (e *entry) appendLocal(b []byte) []byte {
	needed, size := uint16(zip20), uint32(0)
	if e.large() {
		needed, size = zip45, most32
	}
	b = le.AppendUint32(b, localSignature)
	b = e.appendCommon(b, needed)
	b = le.AppendUint32(b, 0) // checksum
	b = le.AppendUint32(b, size)
	b = le.AppendUint32(b, size)
	b = le.AppendUint16(b, uint16(len(e.Name)))
	b = le.AppendUint16(b, uint16(e.dataStart()-localHeaderSize-int64(len(e.Name))))
	b = append(b, e.Name...)
	b = e.appendTime(b)
	if e.large() {
		b = le.AppendUint16(b, zip64Extra)
		b = le.AppendUint16(b, 16)
		b = le.AppendUint64(b, uint64(e.Metadata.Size))
		b = le.AppendUint64(b, uint64(e.Metadata.Size))
	}
	return b
}

// appendCommon appends what a local and a central header share.
func (e *entry) appendCommon(b []byte, needed uint16) []byte {
	b = le.AppendUint16(b, needed)
	b = le.AppendUint16(b, flags)
	b = le.AppendUint16(b, stored)
	clock, date := dosTime(e.Metadata.LastModified)
	b = le.AppendUint16(b, clock)
	return le.AppendUint16(b, date)
}

func (e *entry) appendTime(b []byte) []byte {
	t := e.seconds()
	if t == 0 {
		return b
	}
	b = le.AppendUint16(b, timeExtra)
	b = le.AppendUint16(b, 5)
	b = append(b, 1) // a time of modification follows, no other
	return le.AppendUint32(b, uint32(t))
}

func (e *entry) appendDescriptor(b []byte, sum uint32) []byte {
	b = le.AppendUint32(b, descriptorSignature)
	b = le.AppendUint32(b, sum)
	size := e.Metadata.Size
	if e.large() {
		b = le.AppendUint64(b, uint64(size))
		return le.AppendUint64(b, uint64(size))
	}
	b = le.AppendUint32(b, uint32(size))
	return le.AppendUint32(b, uint32(size))
}

// appendCentral appends the header in the central directory.
func (e *entry) appendCentral(b []byte, sum uint32) []byte {
	needed, size, offset := uint16(zip20), uint32(most32), uint32(most32)
	var extra []byte
	var scratch [24]byte
	if e.large() {
		extra = le.AppendUint64(scratch[:0], uint64(e.Metadata.Size))
		extra = le.AppendUint64(extra, uint64(e.Metadata.Size))
	} else {
		size = uint32(e.Metadata.Size)
	}
	if e.start >= most32 {
		extra = le.AppendUint64(extra, uint64(e.start))
	} else {
		offset = uint32(e.start)
	}
	if extra != nil {
		needed = zip45
	}
	b = le.AppendUint32(b, centralSignature)
	b = le.AppendUint16(b, unix|zip45)
	b = e.appendCommon(b, needed)
	b = le.AppendUint32(b, sum)
	b = le.AppendUint32(b, size)
	b = le.AppendUint32(b, size)
	b = le.AppendUint16(b, uint16(len(e.Name)))
	lengthAt := len(b)
	b = append(b, make([]byte, 2+2+2+2)...) // length of the extra fields, comment, disk, internal attributes
	b = le.AppendUint32(b, regular644)
	b = le.AppendUint32(b, offset)
	b = append(b, e.Name...)
	extraAt := len(b)
	b = e.appendTime(b)
	if extra != nil {
		b = le.AppendUint16(b, zip64Extra)
		b = le.AppendUint16(b, uint16(len(extra)))
		b = append(b, extra...)
	}
	le.PutUint16(b[lengthAt:], uint16(len(b)-extraAt))
	return b
}

// appendEnd appends what follows the central directory.
func (a *Archive) appendEnd(b []byte) []byte {
	count, size, offset := uint64(len(a.entries)), uint64(a.end-a.central), uint64(a.central)
	if count >= most16 || size >= most32 || offset >= most32 {
		b = appendEnd64(b, count, size, offset)
	}
	b = le.AppendUint32(b, endSignature)
	b = le.AppendUint32(b, 0) // this disk and that of the directory
	b = le.AppendUint16(b, uint16(min(count, most16)))
	b = le.AppendUint16(b, uint16(min(count, most16)))
	b = le.AppendUint32(b, uint32(min(size, most32)))
	b = le.AppendUint32(b, uint32(min(offset, most32)))
	return le.AppendUint16(b, 0) // comment
}

func appendEnd64(b []byte, count, size, offset uint64) []byte {
	b = le.AppendUint32(b, end64Signature)
	b = le.AppendUint64(b, 44) // what follows of this record
	b = le.AppendUint16(b, unix|zip45)
	b = le.AppendUint16(b, zip45)
	b = le.AppendUint64(b, 0) // this disk and that of the directory
	b = le.AppendUint64(b, count)
	b = le.AppendUint64(b, count)
	b = le.AppendUint64(b, size)
	b = le.AppendUint64(b, offset)
	b = le.AppendUint32(b, locatorSignature)
	b = le.AppendUint32(b, 0) // disk of the record above
	b = le.AppendUint64(b, offset+size)
	return le.AppendUint32(b, 1) // disks in all
}

// dosTime is t in UTC as §4.4.6 has it, in steps of two seconds; what it cannot
// say is the nearest that it can.
func dosTime(t time.Time) (clock, date uint16) {
	t = t.UTC()
	switch {
	case t.Year() < dosEpoch:
		return 0, 1<<5 | 1
	case t.Year() > dosLastYear:
		t = time.Date(dosLastYear, 12, 31, 23, 59, 58, 0, time.UTC)
	}
	clock = uint16(t.Hour()<<11 | t.Minute()<<5 | t.Second()/2)
	date = uint16((t.Year()-dosEpoch)<<9 | int(t.Month())<<5 | t.Day())
	return clock, date
}
