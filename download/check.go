package download

import (
	"errors"
	"fmt"
	"strings"

	"github.com/downlink-go/downlink/core"
)

// checkView reports what a view of this package cannot do without.
func checkView(view View) error {
	missing := ""
	switch v := view.(type) {
	case nil:
		return errors.New("the route has no view: give it one")
	case *StorageView:
		missing = unless(v.Store != nil, "a Store")
	case *PathView:
		if v.store == nil {
			return errors.New("the view has no root: make it with NewPathView")
		}
	case *ObjectView:
		missing = unless(v.Catalog != nil, "a Catalog")
	case *HTTPView:
		missing = unless(v.Client != nil, "a Client")
	case *VirtualView:
		missing = unless(v.Make != nil, "a function Make")
	case *GeneratedView:
		missing = unless(v.Generator != nil && v.Cache != nil, "a Generator and a Cache")
	case *ZipView:
		missing = unless(v.Store != nil || v.Members != nil, "a Store or a function Members")
	}
	if missing == "" {
		return nil
	}
	return fmt.Errorf("the %T needs %s: set it", view, missing)
}

func unless(ok bool, what string) string {
	if ok {
		return ""
	}
	return what
}

// check reports a rule that a front server would take for another one, or not at all:
// what it sends then is not the file.
func (r *Rule) check() error {
	sources := 0
	for _, s := range [...]string{r.Source, r.SourceDir, r.SourceURL} {
		if s != "" {
			sources++
		}
	}
	if sources != 1 {
		return fmt.Errorf("it has %d sources: set exactly one of Source, SourceDir and SourceURL", sources)
	}
	switch r.server() {
	case Header:
		if !core.ValidToken(r.Field) {
			return fmt.Errorf("its Field is %q: write the name of the field by which the server takes a path, such as X-LiteSpeed-Location", r.Field)
		}
	case Nginx, Apache, Lighttpd, Caddy:
		if !strings.HasPrefix(r.Destination, "/") || strings.Trim(r.Destination, "/") == "" {
			return fmt.Errorf("its Destination is %q: begin it with a slash, and name a place, such as /_internal/files/", r.Destination)
		}
	default:
		return fmt.Errorf("its Front is %q: write nginx, apache, lighttpd, caddy or header", r.Front)
	}
	if !strings.HasSuffix(r.Destination, "/") {
		return fmt.Errorf("its Destination is %q: end it with a slash, or the names of files go on where it ends", r.Destination)
	}
	return nil
}
