// Package downloadtest has assertions for the tests of applications that build on
// Downlink: that a response is the download, the hand-over to a front server, the
// range, the redirect or the refusal that it should be.
//
// Every assertion takes an *http.Response: of a real server, of [Serve], or of an
// httptest.ResponseRecorder by its Result method. A field of a wanted struct that
// is left at its zero value is not looked at; [Absent] asks for a header field that
// is not there. Bodies are read and put back, so that a response can be asserted
// several times. A fault is reported by Errorf, each with what was got and what was
// wanted; nothing here ends a test early but what makes its fixtures.
package downloadtest
