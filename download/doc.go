// Package download answers requests for files: view → look up → core.Decide →
// open or offload. It does the I/O between core's two pure questions and knows
// nothing of HTTP servers; an adapter carries the [Answer] out.
package download
