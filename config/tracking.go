package config

import (
	"fmt"
	"net/url"
	"time"
)

// Tracking is how downloads are counted.
type Tracking struct {
	Count    bool          `toml:"count" default:"true"`
	Window   time.Duration `toml:"window" default:"1h" off:"true"` // 0: every request from the beginning counts
	Flush    time.Duration `toml:"flush" default:"500ms"`
	Queue    int           `toml:"queue" default:"20000"` // notes of downloads
	AwaitLog time.Duration `toml:"await_log" off:"true"`  // 0: not at all
	Events   string        `toml:"events"`                // path of a file, Standard for the standard output; "" is nowhere
}

// Standard as a path is the standard output.
const Standard = "-"

// Webhook is an application that is told of downloads.
type Webhook struct {
	URL        string        `toml:"url" required:"https://app.example.org/hooks/downloads"`
	SecretFile string        `toml:"secret_file"`
	SecretEnv  string        `toml:"secret_env"`
	Timeout    time.Duration `toml:"timeout" default:"10s"`
}

// Secret reads the secret; "" without one.
func (w Webhook) Secret() (string, error) {
	if w.SecretFile == "" && w.SecretEnv == "" {
		return "", nil
	}
	return readSecret(w.SecretFile, w.SecretEnv)
}

// mostWaiting is the longest that downloads may wait in memory.
const mostWaiting = time.Minute

func (r *report) checkTracking(t Tracking, s Server) {
	if t.AwaitLog > 0 && s.RequestIDHeader == "" {
		r.fault("tracking.await_log", `await_log: nginx's log names requests by nginx's own ids; write request_id_header = "X-Request-Id" below [server], so that Downlink takes them`)
	}
	if t.Flush > mostWaiting {
		r.fault("tracking.flush", `flush is what is lost if the process is killed: write at most "1m"`)
	}
	if t.Queue < 1 || t.Queue > 1_000_000 {
		r.fault("tracking.queue", "queue must be 1 to 1000000 downloads; 20000 suits most sites")
	}
	if t.Window > 24*time.Hour {
		r.fault("tracking.window", `window takes memory for each download in it: write at most "24h"`)
	}
}

func (r *report) checkWebhooks(hooks []Webhook) {
	for i, w := range hooks {
		path := fmt.Sprintf("webhooks[%d]", i)
		u, err := url.Parse(w.URL)
		if w.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || !isPrintable(w.URL)) {
			r.fault(path+".url", `url %s: write an absolute URL without user name and password, such as "https://app.example.org/hooks/downloads"`, quote(w.URL))
		}
		r.checkSecret(path, w.SecretFile, w.SecretEnv, "write a webhook for each", "DOWNLINK_WEBHOOK_SECRET")
		if w.Timeout > longestWebhook {
			r.fault(path+".timeout", `timeout: an application that takes the events and works on them later answers at once; write at most "25s"`)
		}
	}
}

// longestWebhook ends before the time that a receiver has for one call.
const longestWebhook = 25 * time.Second

// checkTrackingFiles reads the secrets, and has nothing private lie in what is served.
func (r *report) checkTrackingFiles(c *Config) {
	for i, w := range c.Webhooks {
		_, err := w.Secret()
		r.checkSecretText(c, fmt.Sprintf("webhooks[%d]", i), w.SecretFile, err)
	}
	if c.Tracking.Events != Standard {
		r.checkPrivate(c, "tracking.events", c.Tracking.Events, "events")
	}
}
