package core

// Previews reports whether a User-Agent names a program that fetches what links in
// messages and posts lead to, and shows it to nobody who asked for it.
func Previews(userAgent string) bool {
	const most = 512 // bytes that are looked at
	userAgent = userAgent[:min(len(userAgent), most)]
	for i := range len(userAgent) {
		for _, word := range previewers {
			if hasFold(userAgent[i:], word) {
				return true
			}
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
