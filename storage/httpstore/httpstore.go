// Package httpstore reads files of other HTTP servers: what a client names decides
// which of the allowed servers is asked for what, never who is asked, how, or with
// whose credentials.
//
// A request goes to an origin of the list only, whatever redirects say, and to a
// public address only unless a network was allowed: the address is looked at when
// it is dialled, after names were resolved. It is made of nothing that the client
// sent but Range, validators and CDN-Loop, and of an answer only type, length,
// encoding, entity-tag and modification time are taken.
package httpstore

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/downlink-go/downlink/storage/httpstore/origin"
)

// The errors that a caller tells apart, beside those of storage.
var (
	// ErrGone: the server says that the file is gone (410).
	ErrGone = errors.New("the remote file is gone")
	// ErrBadGateway: the server may not be asked, cannot be reached or answers what
	// cannot be passed on.
	ErrBadGateway = errors.New("no usable answer of the remote server")
	// ErrTimeout: the server did not answer in time.
	ErrTimeout = errors.New("the remote server did not answer in time")
)

// Options are whom a Client may ask, and its limits. Zero limits are the defaults,
// negative ones none.
type Options struct {
	// Origins are the servers that may be asked, redirects included, each by scheme,
	// host and port: "https://files.example", "http://files.internal:8080". There
	// must be one at least.
	Origins []string
	// Networks are those whose addresses may be dialled though they are not public:
	// loopback, private, link-local… Public ones may be in any case.
	Networks []netip.Prefix

	ConnectTimeout time.Duration // for a connection, TLS apart; 5 s
	// HeadTimeout is the longest time from the request to the head of the answer,
	// redirects included; 15 s.
	HeadTimeout    time.Duration
	IdleTimeout    time.Duration // between two pieces of a body; 30 s
	TotalTimeout   time.Duration // for an answer with its body; 1 h
	MaxBytes       int64         // of a file; 10 GiB
	MaxHeaderBytes int64         // of an answer's head; 64 KiB
}

// Client asks servers for files. It is safe for concurrent use.
type Client struct {
	opts      Options
	origins   map[string]bool
	transport *http.Transport
	loop      string
}

// NewClient returns a client for the options. It fails for an origin that is none.
func NewClient(o Options) (*Client, error) {
	def(&o.ConnectTimeout, 5*time.Second)
	def(&o.HeadTimeout, 15*time.Second)
	def(&o.IdleTimeout, 30*time.Second)
	def(&o.TotalTimeout, time.Hour)
	def(&o.MaxBytes, 10<<30)
	def(&o.MaxHeaderBytes, 64<<10)
	if len(o.Origins) == 0 {
		return nil, errors.New(`no origin is allowed: list the servers that may be asked, such as "https://files.example"`)
	}
	c := &Client{opts: o, origins: map[string]bool{}, loop: loopPrefix + rand.Text()}
	for _, text := range o.Origins {
		parsed, err := origin.Parse(text)
		if err != nil {
			return nil, err
		}
		c.origins[parsed] = true
	}
	dialer := &net.Dialer{Timeout: max(o.ConnectTimeout, 0), Control: c.control}
	c.transport = &http.Transport{
		Proxy:                  nil, // the environment does not decide who is asked
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    max(o.HeadTimeout, 0),
		DisableCompression:     true, // bytes are passed on as they are
		MaxResponseHeaderBytes: max(o.MaxHeaderBytes, 0),
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        90 * time.Second,
	}
	return c, nil
}

func def[T time.Duration | int64](v *T, fallback T) {
	if *v == 0 {
		*v = fallback
	}
}

// Close lets go of connections that are kept for later requests.
func (c *Client) Close() error {
	c.transport.CloseIdleConnections()
	return nil
}

func badGateway(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrBadGateway}, args...)...)
}
