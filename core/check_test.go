package core_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/downlink-go/downlink/core"
)

// checkDecide says what is wrong with core's decision, by Validate, by the
// second implementation and by carrying a multipart answer out.
func checkDecide(r core.Request, rep core.Representation, c core.Capabilities) error {
	d := core.Decide(r, rep, c)
	if err := d.Validate(); err != nil {
		return fmt.Errorf("not valid: %w", err)
	}
	if again := core.Decide(r, rep, c); !reflect.DeepEqual(d, again) {
		return errors.New("decides otherwise the second time")
	}
	want := oracleDecide(r, rep, c)
	switch {
	case d.Status != want.status:
		return fmt.Errorf("status %d (%s), want %d", d.Status, d.Reason, want.status)
	case d.Delivery != want.delivery:
		return fmt.Errorf("delivery %v, want %v", d.Delivery, want.delivery)
	case !slices.Equal(d.Spans, want.spans):
		return fmt.Errorf("spans %v, want %v", d.Spans, want.spans)
	case d.Counts != want.counts:
		return fmt.Errorf("counts %v, want %v", d.Counts, want.counts)
	case d.Continues != want.continues:
		return fmt.Errorf("continues %v, want %v", d.Continues, want.continues)
	}
	for name, v := range want.fields {
		if got := d.Get(name); got != v {
			return fmt.Errorf("%s %q, want %q", name, got, v)
		}
	}
	if err := checkOtherFields(&d, want, rep); err != nil {
		return err
	}
	if r.Method == "HEAD" && d.Status == 200 {
		return checkHead(&d, r, rep, c)
	}
	if d.Multipart() {
		return checkMultipart(&d, rep.Size)
	}
	return nil
}

// checkOtherFields looks at the fields that the second implementation does not
// foretell word by word.
func checkOtherFields(d *core.Decision, want oracleAnswer, rep core.Representation) error {
	known := []string{"Content-Disposition", "Content-Length", "Content-Type", "X-Content-Type-Options", "Allow", "Retry-After"}
	for _, f := range d.Fields {
		name := strings.ToLower(f.Name)
		for _, prefix := range []string{"x-accel-", "x-sendfile", "x-lighttpd-", "x-litespeed-", "x-reproxy-", "x-downlink-"} {
			if strings.HasPrefix(name, prefix) {
				return fmt.Errorf("field %s would steer a front server", f.Name)
			}
		}
		if _, ok := want.fields[f.Name]; !ok && !slices.Contains(known, f.Name) && !slices.Contains(rep.Extra, f) {
			return fmt.Errorf("field %s comes from nowhere", f.Name)
		}
	}
	if d.Delivery == core.Stream || d.Delivery == core.Offload {
		inline := want.fields["Content-Security-Policy"] != ""
		if err := checkDisposition(d.Get("Content-Disposition"), inline, rep.Name); err != nil {
			return fmt.Errorf("Content-Disposition %q: %w", d.Get("Content-Disposition"), err)
		}
	}
	if d.Status >= 400 && (d.Get("Content-Length") != fmt.Sprint(len(d.Message)) || len(d.Message) > 200) {
		return fmt.Errorf("message of %d bytes under Content-Length %s", len(d.Message), d.Get("Content-Length"))
	}
	if (d.Status == 405) != (d.Get("Allow") != "") {
		return errors.New("Allow goes with 405 and only with it")
	}
	return nil
}

// checkHead compares a HEAD with the GET that it stands for.
func checkHead(head *core.Decision, r core.Request, rep core.Representation, c core.Capabilities) error {
	r.Method, r.Range = "GET", ""
	get := core.Decide(r, rep, core.Capabilities{Deliveries: []core.Delivery{core.Stream}, NoRanges: c.NoRanges})
	if !slices.Equal(head.Fields, get.Fields) {
		return fmt.Errorf("fields of HEAD %v differ from those of GET %v", head.Fields, get.Fields)
	}
	return nil
}

// checkMultipart sends a multipart answer and reads it as a client does.
func checkMultipart(d *core.Decision, size int64) error {
	mediaType, params, err := mime.ParseMediaType(d.Get("Content-Type"))
	if err != nil || mediaType != "multipart/byteranges" {
		return fmt.Errorf("Content-Type %q: %v", d.Get("Content-Type"), err)
	}
	var body []byte
	length := int64(0) // of the bytes that are left out because there are too many
	for i, s := range d.Spans {
		body = d.AppendPartHead(body, i)
		if s.Length > 1<<12 {
			length += s.Length
			continue
		}
		for at := s.Start; at < s.Start+s.Length; at++ {
			body = append(body, byteAt(at))
		}
	}
	body = d.AppendClose(body)
	if want := decimal(int64(len(body)) + length); d.Get("Content-Length") != want {
		return fmt.Errorf("Content-Length %q of a body of %s bytes", d.Get("Content-Length"), want)
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for _, s := range d.Spans {
		part, err := parts.NextRawPart()
		if err != nil {
			return fmt.Errorf("part of %v: %w", s, err)
		}
		if got, want := part.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/%d", s.Start, s.Start+s.Length-1, size); got != want {
			return fmt.Errorf("Content-Range of a part %q, want %q", got, want)
		}
		if part.Header.Get("Content-Type") == "" || len(part.Header) != 2 {
			return fmt.Errorf("fields of a part: %v", part.Header)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if s.Length <= 1<<12 && (int64(len(data)) != s.Length || data[0] != byteAt(s.Start) || data[len(data)-1] != byteAt(s.Start+s.Length-1)) {
			return fmt.Errorf("part of %v holds %d other bytes", s, len(data))
		}
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		return fmt.Errorf("after the last part: %v", err)
	}
	return nil
}

// byteAt is the content of every test file: each byte tells where it is.
func byteAt(i int64) byte { return byte('a' + i%23) }

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
