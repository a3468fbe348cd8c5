// Command smallest answers every request with an X-Accel-Redirect made from its
// path: what a Go backend behind nginx costs that decides nothing.
package main

import (
	"bytes"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

const (
	from = "/files/"
	to   = "/_internal/files/"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: smallest raw|nethttp SOCKET")
	}
	l, err := net.Listen("unix", os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	if err := os.Chmod(os.Args[2], 0o666); err != nil {
		log.Fatal(err)
	}
	if os.Args[1] == "nethttp" {
		log.Fatal(http.Serve(l, http.HandlerFunc(redirect)))
	}
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go answer(c)
	}
}

func redirect(w http.ResponseWriter, r *http.Request) {
	w.Header()["X-Accel-Redirect"] = []string{to + strings.TrimPrefix(r.URL.EscapedPath(), from)}
}

// answer reads heads of requests without bodies, as nginx sends them, and writes
// a fixed head with the path in it.
func answer(c net.Conn) {
	defer c.Close()
	var in [16 << 10]byte
	out := make([]byte, 0, 1<<10)
	for have := 0; ; {
		n, err := c.Read(in[have:])
		if err != nil {
			return
		}
		if have += n; !bytes.HasSuffix(in[:have], []byte("\r\n\r\n")) {
			continue
		}
		_, path, _ := bytes.Cut(in[:have], []byte(from))
		path, _, _ = bytes.Cut(path, []byte(" "))
		out = append(out[:0], "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Accel-Redirect: "+to...)
		out = append(out, path...)
		if _, err := c.Write(append(out, "\r\n\r\n"...)); err != nil {
			return
		}
		have = 0
	}
}
