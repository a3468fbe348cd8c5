package core_test

import (
	"strings"
	"testing"

	"github.com/downlink-go/downlink/core"
)

func TestL3_Previews(t *testing.T) {
	for agent, want := range map[string]bool{
		"": false, "curl/8.9.1": false, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": false,
		"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)": true, "WhatsApp/2.23.20.0": true,
		"Mozilla/5.0 (compatible; Discordbot/2.0)": true, "http.rb/5.1.1 (Mastodon/4.2.0)": true,
		strings.Repeat("x", 600) + "Slackbot": false,
	} {
		if got := core.Previews(agent); got != want {
			t.Errorf("%.60q: got %v, want %v", agent, got, want)
		}
	}
}
