package lambda

import (
	"errors"
	"fmt"
	"io"
)

// sending is the body of a streamed answer. An error of it cuts the answer off, so
// that the client sees a broken transfer.
type sending struct {
	x   *exchange
	src io.Reader
}

var errPanic = errors.New("panic")

func (s *sending) Read(p []byte) (n int, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.x.panicked(cause)
			n, err = 0, errPanic
			s.x.answer.Cause = fmt.Errorf("%w: %v", errPanic, cause)
		}
	}()
	n, err = s.src.Read(p)
	s.x.bytes += int64(n)
	if err != nil && err != io.EOF {
		s.x.answer.Cause = err
	}
	return n, err
}

// Close ends the exchange: aws-lambda-go calls it when the answer is out.
func (s *sending) Close() error {
	s.x.end()
	return nil
}
