package doctor

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// app asks the application alone, where it listens, for what this configuration says.
func (x *exam) app() {
	if x.App == "" || x.Handler == nil {
		return
	}
	c := x.appClient()
	defer c.close()
	if len(x.samples) == 0 {
		if a := c.ask(get("/healthz")); a.err != nil {
			x.unreachable(a.err)
		} else {
			x.ok(App, "answers", "Downlink answers at %s", x.App)
		}
	}
	for _, s := range x.samples {
		a := c.ask(x.fronted(s.target))
		if a.err != nil && a.status == 0 {
			x.unreachable(a.err)
			return
		}
		x.appAnswer(s, a)
	}
	x.exposure()
}

func (x *exam) unreachable(err error) {
	x.fault(App, "answers", "", x.inTOML("server.listen", fmt.Sprintf("start `downlink serve`, or write listen = %q as it was started", "host:port")),
		"Nothing answers at %s, where Downlink should listen: %v.", x.App, err)
}

// appAnswer compares what the application answers with what it should: it may run
// with another configuration, or as a user who may not read the files.
func (x *exam) appAnswer(s *sample, got answer) {
	restart := &Change{Text: "restart Downlink with this configuration, as a user who may read the files"}
	want := x.here(x.Handler, x.fronted(s.target))
	switch {
	case got.err != nil:
		x.fault(App, "answers", s.name, nil, "Downlink alone breaks %s off after %d bytes: %v.", s.name, got.size, got.err)
	case got.status != want.status:
		x.fault(App, "answers", s.name, restart, "Downlink alone answers %s with %d, where this configuration says %d.", s.name, got.status, want.status)
	case !got.is(want):
		x.fault(App, "answers", s.name, restart, "Downlink alone sends other bytes for %s than this configuration has: %d of them, not %d.", s.name, got.size, want.size)
	default:
		if name, g, w, differs := differs(got, want); differs {
			x.fault(App, "answers", s.name, restart, "Downlink alone answers %s with %s, where this configuration says %s.", s.name, line(name, g), line(name, w))
			return
		}
		how := "sends it itself"
		if s.want.redirects() {
			how = "redirects to " + s.want.place()
		}
		if s.handed != "" {
			how = "leaves it to the front server as " + s.handed
		}
		x.ok(App, "answers", "Downlink alone answers %s and %s", s.name, how)
	}
}

// differs is the first field in which two answers of the application differ.
func differs(got, want answer) (name, g, w string, differs bool) {
	for name := range want.header {
		switch name {
		case "Date", "X-Request-Id", "Connection":
			continue
		}
		g, w := strings.Join(got.header[name], ", "), strings.Join(want.header[name], ", ")
		if name == "Location" {
			g, w = got.place(), want.place()
		}
		if g != w {
			return name, g, w, true
		}
	}
	return "", "", "", false
}

// line is a field as it is sent, or that it is not.
func line(name, value string) string {
	if value == "" {
		return "no " + name
	}
	return name + ": " + value
}

// exposure asks whether clients can come to the application past the front server.
func (x *exam) exposure() {
	host, port, err := net.SplitHostPort(x.App)
	if x.Front == "" && len(x.Rules) == 0 || strings.HasPrefix(x.App, "unix:") || err != nil {
		return
	}
	ip := net.ParseIP(host)
	if host == "localhost" || ip != nil && ip.IsLoopback() {
		x.ok(App, "port", "Downlink's own port is not public: it listens at %s", x.App)
		return
	}
	at := x.App
	for _, reached := range x.reachable(host, port) {
		at = reached
	}
	switch {
	case at != x.App || unspecified(host) || ip != nil && !ip.IsPrivate():
		x.fault(App, "port", "", x.inTOML("server.listen", fmt.Sprintf("write listen = %q", net.JoinHostPort("127.0.0.1", port))),
			"Downlink's own port is public, past the front server: it listens at %s and clients can reach %s.", x.App, at)
	default:
		x.ok(App, "port", "Downlink's own port is not public: it listens at the private address %s", x.App)
	}
}

// reachable are the addresses, others than of this machine alone, at which the
// application answers: under the front server's name, or an interface's.
func (x *exam) reachable(host, port string) (found []string) {
	var hosts []string
	if u, err := url.Parse(x.Front); err == nil && u.Hostname() != "" {
		addresses, _ := net.DefaultResolver.LookupHost(x.ctx, u.Hostname())
		hosts = append(hosts, addresses...)
	}
	if unspecified(host) {
		addresses, _ := net.InterfaceAddrs()
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
				hosts = append(hosts, n.IP.String())
			}
		}
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip == nil || ip.IsLoopback() {
			continue
		}
		other := *x
		other.App, other.Front = net.JoinHostPort(h, port), ""
		c := other.appClient()
		if a := c.ask(get("/healthz")); a.err == nil && a.header.Get("X-Request-Id") != "" {
			found = append(found, other.App)
		}
		c.close()
	}
	return found
}
