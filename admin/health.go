package admin

import (
	"context"
	"time"
)

// health examines the site.
func health(x *visit) error {
	if x.opts.Examine == nil {
		return errNoPage
	}
	const patience = time.Minute
	_ = x.control().SetWriteDeadline(time.Now().Add(2 * patience))
	ctx, cancel := context.WithTimeout(x.r.Context(), patience)
	defer cancel()
	report, err := x.opts.Examine(ctx)
	if err != nil {
		return err
	}
	return x.show("health", shown{Title: "Health", Section: "health", Data: report})
}
