// Command smallest answers every request with a field made from its path, by which
// the front server sends a file: what a Go backend costs that decides nothing.
package main

import (
	"bytes"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

// from is what the paths of requests begin with.
const from = "/files/"

func main() {
	var a answerer
	flag.StringVar(&a.field, "field", "X-Accel-Redirect", "field that names the file")
	flag.StringVar(&a.to, "to", "/_internal/files/", "what the value begins with, before the file's name")
	flag.StringVar(&a.look, "look", "", "folder in which raw looks at the file, before it answers; none without")
	also := flag.String("also", "", "further fields, as name:value separated by |")
	flag.Parse()
	if flag.NArg() != 2 {
		log.Fatal("usage: smallest [flags] raw|nethttp SOCKET")
	}
	if *also != "" {
		a.also = strings.Split(*also, "|")
	}
	kind, socket := flag.Arg(0), flag.Arg(1)
	l, err := net.Listen("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.Chmod(socket, 0o666); err != nil {
		log.Fatal(err)
	}
	if kind == "nethttp" {
		log.Fatal(http.Serve(l, http.HandlerFunc(a.redirect)))
	}
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go a.answer(c)
	}
}

// answerer is what the answers have in common.
type answerer struct {
	field, to string
	look      string
	also      []string
}

func (a answerer) redirect(w http.ResponseWriter, r *http.Request) {
	for _, line := range a.also {
		name, value, _ := strings.Cut(line, ":")
		w.Header()[name] = []string{value}
	}
	w.Header()[a.field] = []string{a.to + strings.TrimPrefix(r.URL.EscapedPath(), from)}
}

// answer reads heads of requests without bodies, as front servers send them, and
// writes a fixed head with the path in it.
func (a answerer) answer(c net.Conn) {
	defer c.Close()
	head := "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
	for _, line := range a.also {
		head += line + "\r\n"
	}
	head += a.field + ": " + a.to
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
		if a.look != "" {
			if _, err := os.Lstat(a.look + string(path)); err != nil {
				return
			}
		}
		out = append(append(out[:0], head...), path...)
		if _, err := c.Write(append(out, "\r\n\r\n"...)); err != nil {
			return
		}
		have = 0
	}
}
