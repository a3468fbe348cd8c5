package core

// robotWords are what programs that fetch without a person at the other end put into
// their User-Agent (RFC 9110 §10.1.5), in lower case. Programs that people download
// with, such as curl, are not among them.
var robotWords = [...]string{
	"bot", "crawl", "spider", "slurp", "scrape", "archiver", "wayback", "heritrix", "facebookexternalhit",
	"meta-externalagent", "embedly", "linkpreview", "link preview", "mediapartners", "feedfetcher", "google-read-aloud",
	"google-inspectiontool", "headlesschrome", "lighthouse", "pagespeed", "pingdom", "uptime", "statuscake", "monitor",
	"site24x7", "validator", "scanner", "nutch", "virustotal", "whatsapp/", "skypeuripreview", "claude-web",
	"perplexity",
}

// Robot reports whether a User-Agent names a robot: its downloads are counted apart.
// It is a courtesy of those who say what they are; nothing may depend on it.
func Robot(userAgent string) bool {
	const most = 512 // bytes that are looked at
	userAgent = userAgent[:min(len(userAgent), most)]
	for i := range len(userAgent) {
		for _, word := range robotWords {
			if !hasFold(userAgent[i:], word) {
				continue
			}
			// "bot" ends a word, and is no telephone of the Cubot company.
			if word != "bot" || !letterAt(userAgent, i+3) && !(i >= 2 && hasFold(userAgent[i-2:], "cu")) {
				return true
			}
		}
	}
	return false
}

// hasFold reports whether s begins with a prefix of lower case, in any case.
func hasFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if lower(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}

func letterAt(s string, i int) bool {
	return i < len(s) && lower(s[i]) >= 'a' && lower(s[i]) <= 'z'
}
