// Package r2store keeps objects in a bucket of Cloudflare R2, inside a Worker.
// Downloads do not come through here: the Worker's shim hands R2's own stream to the
// client. It is for lists, and for what reads a file in Go.
package r2store
