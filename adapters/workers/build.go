package workers

// CoreBuild are the arguments of `go` that compile the decision module into file, with
// GOOS=wasip1 and GOARCH=wasm in the environment. Go's runtime is not inlined in
// itself: that costs a request 1 µs and the module 30 KiB less (docs/adr).
func CoreBuild(file string) []string {
	return []string{
		"build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-gcflags=runtime=-l",
		"-o", file, "github.com/downlink-go/downlink/cmd/downlink-worker/core",
	}
}
