// Package core decides downloads. It is two pure questions with the platform's
// own I/O between them:
//
//   - [Site.Plan]: request + site → what to look at, or already an answer;
//   - [Decide]: request + what was found → a [Decision]: status, fields,
//     delivery, byte ranges.
//
// Nothing here does I/O, reads a clock or draws a random number: both come in
// with the [Request]. The same functions therefore run in a Go server, in a
// Lambda and in a WebAssembly module, and give the same answer. Terms are those
// of RFC 9110.
package core
