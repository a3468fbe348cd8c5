package download

import "strings"

// preview reports whether nobody asked for the file: a browser fetches it ahead
// (Sec-Purpose, and its forerunners), or a program that shows what a link in a
// message leads to.
func preview(r *Request) bool {
	if r.Header == nil {
		return false
	}
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		value := strings.ToLower(r.Header.Get(name))
		for _, word := range [...]string{"prefetch", "prerender", "preview", "instant"} {
			if strings.Contains(value, word) {
				return true
			}
		}
	}
	agent := strings.ToLower(r.Header.Get("User-Agent"))
	for _, word := range previewers {
		if strings.Contains(agent, word) {
			return true
		}
	}
	return false
}

// previewers are words of the User-Agent of programs that fetch what links in
// messages and posts lead to, as their makers publish them.
var previewers = [...]string{
	"facebookexternalhit", "facebot", "meta-externalagent", "whatsapp", "twitterbot", "slackbot", "slack-imgproxy", "telegrambot",
	"discordbot", "linkedinbot", "skypeuripreview", "bingpreview", "googlebot", "google-pagerenderer", "applebot", "redditbot", "pinterestbot",
	"embedly", "iframely", "mastodon", "pleroma", "misskey", "vkshare", "viber", "line-poker", "bitlybot", "mattermost-bot", "rocket.chat",
	"synapse", "matrix", "zulipurlpreview", "microsoft office", "ms-office", "snap url preview", "kakaotalk-scrap",
}
