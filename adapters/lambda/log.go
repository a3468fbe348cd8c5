package lambda

import (
	"log/slog"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

// logRequest logs a failure with its cause, and every request if the access log is
// on. The query is left out: it may hold a signature.
func (x *exchange) logRequest() {
	a, level := &x.answer, slog.LevelInfo
	switch {
	case a.Status >= 500 || a.Cause != nil && a.Delivery == core.Stream:
		level = slog.LevelError
	case !x.opts.AccessLog:
		return
	}
	if !x.log.Enabled(x.ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("id", x.id),
		slog.String("method", x.request.Method),
		slog.String("path", x.request.Path),
		slog.Int("status", a.Status),
		slog.Int64("bytes", x.bytes),
		slog.String("delivery", a.Delivery.String()),
		slog.String("reason", a.Reason),
		slog.Duration("took", time.Since(x.start)),
		slog.String("remote", x.request.Client),
		slog.String("user_agent", x.e.Get("User-Agent")),
		slog.String("event", x.e.kind.String()),
	}
	if a.Delivery == core.Redirect {
		place, _, _ := strings.Cut(a.Location, "?") // the signature follows
		attrs = append(attrs, slog.String("redirect", place))
	}
	if g := a.Link; g != nil {
		attrs = append(attrs, slog.String("link_id", g.ID), slog.String("subject", g.Subject))
	}
	if a.Cause != nil {
		attrs = append(attrs, slog.String("cause", a.Cause.Error()))
	}
	x.log.LogAttrs(x.ctx, level, "request", attrs...)
}
