package core

import (
	"errors"
	"strconv"
)

// Validate reports the first way in which d is not a well-formed answer: an
// unknown status, a field that is malformed or there twice, spans that do not
// fit the status, a redirect that could be cached. Every Decision that this package
// makes passes; it runs on each row and each input of the tests.
func (d *Decision) Validate() error {
	if d.Status < 200 || d.Status > 599 {
		return errors.New("status " + strconv.Itoa(d.Status) + " is not a final one")
	}
	if d.Reason == "" {
		return errors.New("a decision has a reason")
	}
	if err := d.validateFields(); err != nil {
		return err
	}
	if err := d.validateSpans(); err != nil {
		return err
	}
	return d.validateDelivery()
}

func (d *Decision) validateFields() error {
	for i, f := range d.Fields {
		if !ValidToken(f.Name) || !validValue(f.Value) {
			return errors.New("malformed field " + strconv.Quote(f.Name+": "+f.Value))
		}
		for _, g := range d.Fields[:i] {
			if equalFold(f.Name, g.Name) {
				return errors.New("field " + f.Name + " is there twice")
			}
		}
	}
	if d.Get("X-Content-Type-Options") != "nosniff" {
		return errors.New("X-Content-Type-Options: nosniff is missing")
	}
	if d.Get("Cache-Control") == "" {
		return errors.New("Cache-Control is missing")
	}
	return nil
}

func (d *Decision) validateSpans() error {
	if (d.Status == 206) != (len(d.Spans) > 0) {
		return errors.New("spans go with 206 and only with it")
	}
	if len(d.Spans) > maxSpans {
		return errors.New("too many spans")
	}
	for i, s := range d.Spans {
		if s.Start < 0 || s.Length < 1 || s.Start > d.size-s.Length {
			return errors.New("a span reaches outside the file")
		}
		for _, o := range d.Spans[:i] {
			if reaches(s, o) {
				return errors.New("two spans overlap or touch")
			}
		}
	}
	single := len(d.Spans) == 1 || d.Status == 416
	if single != (d.Get("Content-Range") != "") {
		return errors.New("Content-Range goes with a single range and with 416")
	}
	return nil
}

func (d *Decision) validateDelivery() error {
	if d.Counts && d.Continues {
		return errors.New("a download either begins or goes on")
	}
	switch d.Delivery {
	case None:
		if d.Status == 206 || d.Counts || d.Continues {
			return errors.New("nothing is delivered, yet it is 206 or counts")
		}
		if d.Status >= 400 && d.Message == "" {
			return errors.New("an error has a message")
		}
	case Stream, Offload:
		if d.Status != 200 && d.Status != 206 {
			return errors.New("a file is delivered under status " + strconv.Itoa(d.Status))
		}
		if d.Get("Content-Disposition") == "" || d.Get("Content-Type") == "" {
			return errors.New("a file is delivered without disposition or type")
		}
	case Redirect:
		if d.Status != 302 && d.Status != 307 || d.Get("Cache-Control") != "private, no-store" {
			return errors.New("a redirect is temporary and never stored")
		}
	default:
		return errors.New("unknown delivery")
	}
	return nil
}
