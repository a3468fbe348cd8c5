package track

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// WebhookOptions are the settings of a Webhook. The zero value is usable.
type WebhookOptions struct {
	// Secret is the key of signatures; nil sends none. See ParseSecret.
	Secret []byte
	// Timeout is how long an answer may take; 0 is 10 s.
	Timeout time.Duration
	// Now is the clock of the timestamps; nil is time.Now.
	Now func() time.Time
}

// Webhook returns a receiver that posts events to a URL as JSON, signed as Standard
// Webhooks says (https://www.standardwebhooks.com). Whatever fails in a way that may
// pass is tried again with the same webhook-id.
func Webhook(address string, o WebhookOptions) Receiver {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &webhook{url: address, opts: o, client: &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type webhook struct {
	url    string
	opts   WebhookOptions
	client *http.Client
}

// message is the body of a post.
type message struct {
	Type      string    `json:"type"` // "download.requested"
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Events []Event `json:"events"`
	} `json:"data"`
}

// Name says where to: the host, as paths may hold secrets.
func (w *webhook) Name() string {
	_, rest, _ := strings.Cut(w.url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return "webhook " + host[strings.LastIndexByte(host, '@')+1:]
}

// Receive posts the events.
func (w *webhook) Receive(ctx context.Context, events []Event) error {
	m := message{Type: "download." + Requested, Timestamp: events[0].Time}
	m.Data.Events = events
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return withoutURL(err)
	}
	w.sign(r, messageID(events), body)
	resp, err := w.client.Do(r)
	if err != nil {
		return tryAgain(withoutURL(err))
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection is used again
	return judge(resp.StatusCode)
}

// sign writes the fields of a post.
func (w *webhook) sign(r *http.Request, id string, body []byte) {
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Downlink")
	at := strconv.FormatInt(w.opts.Now().Unix(), 10)
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", at)
	if w.opts.Secret == nil {
		return
	}
	mac := hmac.New(sha256.New, w.opts.Secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// messageID names the events: they have the same id each time they are posted.
func messageID(events []Event) string {
	h := sha256.New()
	for i := range events {
		fmt.Fprintf(h, "%d.%s", len(events[i].ID), events[i].ID)
	}
	return "msg_" + hex.EncodeToString(h.Sum(nil)[:16])
}

// judge says what a status means.
func judge(status int) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return fmt.Errorf("%w: the receiver answers %d", ErrTryAgain, status)
	}
	return fmt.Errorf("the receiver answers %d: correct its URL or what it does", status)
}

// withoutURL is the cause of a failed request: the URL may hold a secret.
func withoutURL(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// ParseSecret reads the secret of a webhook: "whsec_" and base64 of 24 bytes or more,
// or the base64 alone.
func ParseSecret(text string) ([]byte, error) {
	const least = 24
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(text), "whsec_"))
	if err != nil || len(secret) < least {
		return nil, errors.New("the secret of a webhook is base64 of 24 bytes or more: make one with `openssl rand -base64 32`")
	}
	return secret, nil
}
