package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// runtimeAPI is the Runtime API of Lambda for one process
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), which gets one
// event at a time.
type runtimeAPI struct {
	server  *http.Server
	address string
	idle    chan time.Time // when the process asked for an event
	events  chan []byte
	answers chan reply
}

// reply is what the process said to an event.
type reply struct {
	body []byte
	at   time.Time // when the last byte was there
	err  error
}

func startRuntimeAPI() (*runtimeAPI, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{address: l.Addr().String(), idle: make(chan time.Time, 1), events: make(chan []byte), answers: make(chan reply, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", a.failure)
	a.server = &http.Server{Handler: mux}
	go func() { _ = a.server.Serve(l) }() // until it is closed
	return a, nil
}

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	a.idle <- time.Now()
	select {
	case <-r.Context().Done():
	case event := <-a.events:
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
		h.Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:bench")
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(event) // if nobody reads it, there is no answer either
	}
}

func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	at := time.Now()
	w.WriteHeader(http.StatusAccepted)
	if kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); kind != "" {
		err = errors.New(kind)
	}
	a.answers <- reply{body, at, err}
}

func (a *runtimeAPI) failure(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusAccepted)
	a.answers <- reply{err: fmt.Errorf("the function failed: %s", body)}
}

// function is a running process that answers events.
type function struct {
	api  *runtimeAPI
	cmd  *exec.Cmd
	log  *strings.Builder
	init time.Duration // from the start of the process to its first question for an event
}

// startFunction runs a program as Lambda would, until it asks for an event.
func startFunction(ctx context.Context, program string, env []string) (*function, error) {
	api, err := startRuntimeAPI()
	if err != nil {
		return nil, err
	}
	f := &function{api: api, cmd: exec.CommandContext(ctx, program), log: &strings.Builder{}}
	f.cmd.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + api.address, "AWS_LAMBDA_FUNCTION_NAME=bench", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512",
		"_HANDLER=bootstrap", "PATH=" + os.Getenv("PATH"),
	}, env...)
	f.cmd.Stdout, f.cmd.Stderr = f.log, f.log
	began := time.Now()
	if err := f.cmd.Start(); err != nil {
		api.server.Close()
		return nil, err
	}
	select {
	case at := <-api.idle:
		api.idle <- at // for the first event
		f.init = at.Sub(began)
		return f, nil
	case r := <-api.answers:
		err = r.err
	case <-time.After(10 * time.Second):
		err = errors.New("it asks for no event")
	}
	f.stop()
	return nil, fmt.Errorf("%s: %w\n%s", program, err, f.log)
}

// stop ends the process.
func (f *function) stop() {
	_ = f.cmd.Process.Kill() // it may have ended
	_ = f.cmd.Wait()
	f.api.server.Close()
}

// invoke has the process answer an event, and says how long that took from when the
// event was there for it until its answer was here.
func (f *function) invoke(ctx context.Context, event []byte) ([]byte, time.Duration, error) {
	select {
	case <-f.api.idle:
	case <-time.After(10 * time.Second):
		return nil, 0, fmt.Errorf("the function does not end its invocation\n%s", f.log)
	}
	began := time.Now()
	select {
	case f.api.events <- event:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	select {
	case r := <-f.api.answers:
		return r.body, r.at.Sub(began), r.err
	case <-time.After(20 * time.Second):
		return nil, 0, fmt.Errorf("the function does not answer\n%s", f.log)
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
}
