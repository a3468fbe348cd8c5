package core

import "errors"

// checkURL accepts a URL template whose scheme and host no client can change:
// "https://", then a host without variables, then a slash.
func checkURL(text string) error {
	for _, scheme := range [...]string{"https://", "http://"} {
		if len(text) <= len(scheme) || text[:len(scheme)] != scheme {
			continue
		}
		host, _, more := cutSlash(text[len(scheme):])
		for i := 0; i < len(host); i++ {
			if c := host[i]; c <= ' ' || c > '~' || c == '{' || c == '}' || c == '@' || c == '?' || c == '#' || c == '\\' {
				more = false
			}
		}
		if host == "" || !more {
			break
		}
		return nil
	}
	return errors.New("url " + text + ": write a whole URL with variables behind the host only, such as https://files.example/{path}")
}
