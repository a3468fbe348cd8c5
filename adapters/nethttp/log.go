package nethttp

import (
	"log/slog"
	"time"

	"github.com/downlink-go/downlink/core"
)

// logRequest logs a failure with its cause, and every request if the access log
// is on. The query is left out: it may hold a signature.
func (x *exchange) logRequest() {
	level := slog.LevelInfo
	if x.answer.Status >= 500 {
		level = slog.LevelError
	} else if !x.opts.AccessLog {
		return
	}
	ctx := x.r.Context()
	if !x.log.Enabled(ctx, level) {
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
		slog.String("remote", x.r.RemoteAddr),
		slog.String("user_agent", x.r.UserAgent()),
		{}, {},
	}
	n := len(attrs) - 2
	if x.answer.Delivery == core.Offload {
		attrs[n] = slog.String("offload", x.answer.Target.Path)
		n++
	}
	if x.answer.Cause != nil {
		attrs[n] = slog.String("cause", x.answer.Cause.Error())
		n++
	}
	x.log.LogAttrs(ctx, level, "request", attrs[:n]...)
}
