package nethttp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// ServerOptions are the limits of a Server. Zero values are the defaults.
type ServerOptions struct {
	ReadHeaderTimeout time.Duration // for the head of a request; 10 s
	IdleTimeout       time.Duration // between two requests of a connection; 60 s
	ShutdownTimeout   time.Duration // for running downloads at the end; 30 s
	MaxHeaderBytes    int           // of a request's head; 64 KiB
	Log               *slog.Logger  // net/http's own complaints; nil discards them
	// Downloads, if set, is the handler of downloads at a path, as it was sent, or nil
	// for a path at which something else is. Most requests of a front server to a Unix
	// socket are then answered by it without net/http.
	Downloads func(path string) *Handler
}

// Server is an http.Server with every limit set that a public one needs.
type Server struct {
	http      http.Server
	shutdown  time.Duration
	log       *slog.Logger
	downloads func(path string) *Handler
}

// NewServer returns a server for h.
func NewServer(h http.Handler, o ServerOptions) *Server {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Server{
		http: http.Server{
			Handler:           h,
			ReadHeaderTimeout: orDefault(o.ReadHeaderTimeout, 10*time.Second),
			IdleTimeout:       orDefault(o.IdleTimeout, 60*time.Second),
			MaxHeaderBytes:    orDefault(o.MaxHeaderBytes, 64<<10),
			// "OPTIONS *" is refused as every other method that is not for downloads.
			DisableGeneralOptionsHandler: true,
			ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelDebug),
			ConnState:                    noteIdle,
			ConnContext:                  withLent,
		},
		shutdown: orDefault(o.ShutdownTimeout, 30*time.Second),
		log:      log, downloads: o.Downloads,
	}
}

func orDefault[T time.Duration | int](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}

// Serve serves l until ctx ends, then refuses new connections and waits for
// running downloads, at most the shutdown timeout. It returns nil after such an
// end. On a Unix socket the time between two requests is the front server's to limit: it
// is the one that closes idle connections. Without Downloads, so is that for a head.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	wait := func(context.Context) error { return nil }
	if l.Addr().Network() == "unix" {
		s.http.IdleTimeout = 0
		if s.downloads != nil {
			at := newSocket(l, s.downloads, s.http.ReadHeaderTimeout, s.log)
			l, wait = at, at.wait
		} else {
			s.http.ReadHeaderTimeout = 0 // which would begin before the first byte
		}
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.Background(), s.shutdown)
		defer cancel()
		err := errors.Join(s.http.Shutdown(grace), wait(grace))
		if err != nil {
			s.http.Close() // the grace period is over: cut what is left
		}
		stopped <- err
	})
	err := s.http.Serve(l)
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("downloads were still running after %s and were cut off: %w", s.shutdown, err)
	}
	return nil
}

// Listen listens at "host:port" or "unix:/path". A socket file that no server
// answers on is replaced, anything else at the path is an error. Any local user
// may connect to the socket: what it serves is decided by the request alone.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	path, unix := strings.CutPrefix(address, "unix:")
	var config net.ListenConfig
	if !unix {
		return config.Listen(ctx, "tcp", address)
	}
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	l, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o666); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("%s is there and is not a socket: remove it or listen elsewhere", path)
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		c.Close()
		return fmt.Errorf("another server listens at %s: stop it or listen elsewhere", path)
	case !errors.Is(err, syscall.ECONNREFUSED): // it may live and be busy
		return err
	}
	return os.Remove(path)
}
