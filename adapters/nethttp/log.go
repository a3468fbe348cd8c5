package nethttp

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/downlink-go/downlink/core"
)

// logRequest logs a failure with its cause, and every request if the access log
// is on. The query is left out: it may hold a signature. A download that was cut
// off is our failure, unless the client went away.
func (x *exchange) logRequest() {
	ctx, cause := x.r.Context(), x.answer.Cause
	level, wanted := x.logLevel(ctx)
	if !wanted || !x.log.Enabled(ctx, level) {
		return
	}
	attrs := [...]slog.Attr{
		slog.String("id", x.id),
		slog.String("method", x.r.Method),
		slog.String("path", x.r.URL.EscapedPath()),
		slog.Int("status", x.answer.Status),
		slog.Int64("bytes", x.bytes),
		slog.String("delivery", x.answer.Delivery.String()),
		slog.String("reason", x.answer.Reason),
		slog.Duration("took", time.Since(x.start)),
		slog.String("remote", x.remote()),
		slog.String("user_agent", x.r.UserAgent()),
		{}, {}, {}, {},
	}
	n := len(attrs) - 4
	if x.answer.Delivery == core.Offload {
		attrs[n] = slog.String("offload", x.answer.Target.Path)
		n++
	}
	if x.answer.Delivery == core.Redirect {
		place, _, _ := strings.Cut(x.answer.Location, "?") // the signature follows
		attrs[n] = slog.String("redirect", place)
		n++
	}
	if g := x.answer.Link; g != nil {
		attrs[n], attrs[n+1] = slog.String("link_id", g.ID), slog.String("subject", g.Subject)
		n += 2
	}
	if cause != nil {
		attrs[n] = slog.String("cause", cause.Error())
		n++
	}
	x.log.LogAttrs(ctx, level, "request", attrs[:n]...)
}

// remote is who is logged to have asked: the client, or else whoever connects.
func (x *exchange) remote() string {
	return cmp.Or(x.clientAddress(), x.r.RemoteAddr)
}

// logLevel is the level of the request in the log, if it is to be there.
func (x *exchange) logLevel(ctx context.Context) (level slog.Level, wanted bool) {
	cause := x.answer.Cause
	failed := x.answer.Status >= 500 || cause != nil && x.answer.Delivery == core.Stream
	if failed && !clientGone(ctx, cause) {
		return slog.LevelError, true
	}
	return slog.LevelInfo, x.opts.AccessLog
}

// clientGone reports whether err is for a client that left or stalled. An error of
// sendfile(2) is wrapped like one of the network, so its cause decides.
func clientGone(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, context.Canceled) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ETIMEDOUT)
}
