package core_test

import (
	"testing"

	"github.com/downlink-go/downlink/core"
)

func TestC5_Robot(t *testing.T) {
	for agent, want := range map[string]bool{
		"": false,
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36": false,
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                          false,
		"Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36":                                                   false,
		"Mozilla/5.0 (Linux; Android 13; Cubot KINGKONG) bot":                                                             true,
		"curl/8.9.1": false, "Wget/1.24.5": false, "aria2/1.37.0": false, "Go-http-client/1.1": false, "python-requests/2.32": false,
		"Bottle/1.0": false, "abbott": false,
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                      true,
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/116 Safari": true,
		"Mozilla/5.0 (compatible; YandexBot/3.0)":                                                       true,
		"Slackbot-LinkExpanding 1.0":                                                                    true,
		"facebookexternalhit/1.1":                                                                       true,
		"Mozilla/5.0 (compatible; Baiduspider/2.0)":                                                     true,
		"WhatsApp/2.23.20.0":                                                                            true,
		"Mozilla/5.0 (compatible; UptimeRobot/2.0)":                                                     true,
		"bot":             true,
		"GPTBot":          true,
		"\xff\xfeBOT\xff": true,
		"Mozilla/5.0 HeadlessChrome/120.0.0.0 Safari/537.36": true,
	} {
		if got := core.Robot(agent); got != want {
			t.Errorf("%q: got %v, want %v", agent, got, want)
		}
	}
}
