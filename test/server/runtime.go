package server

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Runtime is Downlink's function beside a Runtime API of the tests, for what AWS's
// emulator does not do: it takes answers of any size while they are made, and tells
// how they end. It follows https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// and, for streamed answers,
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming.
type Runtime struct {
	*Process
	events  chan *invocation
	running *invocation // of the one function
}

// invocation is an event and what becomes of it.
type invocation struct {
	id    string
	event []byte
	to    io.Writer
	err   error
	over  chan struct{} // closed when the function asks for the next
}

// StartRuntime runs the function with an environment until the test ends.
func StartRuntime(t testing.TB, env ...string) *Runtime {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Runtime{Process: &Process{Addr: l.Addr().String()}, events: make(chan *invocation)}
	api := http.NewServeMux()
	api.HandleFunc("GET /2018-06-01/runtime/invocation/next", r.next)
	api.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", r.response)
	api.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", r.failure)
	s := &http.Server{Handler: api}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	cmd := exec.Command(Bootstrap(t))
	cmd.Env = append(append(os.Environ(), "AWS_LAMBDA_RUNTIME_API="+r.Addr), env...)
	cmd.Stdout, cmd.Stderr = r.Process, r.Process
	r.start(t, cmd)
	return r
}

// InvokeTo gives the function an event and copies its answer to w as it comes. It
// returns when the invocation is over; the error is what the function says went wrong.
func (r *Runtime) InvokeTo(t testing.TB, event []byte, w io.Writer) error {
	t.Helper()
	const longest = 2 * time.Minute
	i := &invocation{fmt.Sprintf("%032x", time.Now().UnixNano()), event, w, nil, make(chan struct{})}
	late := time.After(longest)
	for sent, events := false, r.events; ; {
		if sent {
			events = nil
		}
		select {
		case events <- i:
			sent = true
		case <-i.over:
			return i.err
		case err := <-r.Exit:
			t.Fatalf("the function ended: %v\n%s", err, tail(r.Log(), 4000))
		case <-late:
			t.Fatalf("the function took longer than %v:\n%s", longest, tail(r.Log(), 4000))
		}
	}
}

// Invoke gives the function an event and returns its answer, byte for byte.
func (r *Runtime) Invoke(t testing.TB, event []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.InvokeTo(t, event, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (r *Runtime) next(w http.ResponseWriter, q *http.Request) {
	if r.running != nil {
		close(r.running.over)
		r.running = nil
	}
	select {
	case r.running = <-r.events:
	case <-q.Context().Done():
		return
	}
	h := w.Header()
	h.Set("Lambda-Runtime-Aws-Request-Id", r.running.id)
	h.Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:1:function:downlink")
	h.Set("Content-Type", "application/json")
	_, _ = w.Write(r.running.event)
}

func (r *Runtime) response(w http.ResponseWriter, q *http.Request) {
	if q.PathValue("id") != r.running.id {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, r.running.err = io.Copy(r.running.to, q.Body)
	if kind := q.Trailer.Get("Lambda-Runtime-Function-Error-Type"); kind != "" {
		text, _ := base64.StdEncoding.DecodeString(q.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
		r.running.err = fmt.Errorf("%s: %s", kind, text)
	}
	w.WriteHeader(http.StatusAccepted)
}

func (r *Runtime) failure(w http.ResponseWriter, q *http.Request) {
	text, _ := io.ReadAll(q.Body)
	r.running.err = errors.New(strings.TrimSpace(string(text)))
	w.WriteHeader(http.StatusAccepted)
}
