package demo

import (
	"time"

	"github.com/downlink-go/downlink/core/link"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// Files for those who have a signed link.
func signed(store *storage.Store) download.Route {
	return download.Route{
		Pattern:      "/signed/{path...}",
		View:         &download.StorageView{Store: store},
		LinkRequired: true,
	}
}

// A link that is good for ten minutes, and saves the file under another name.
func sign(key link.Key, path string, now time.Time) (string, error) {
	token, err := key.Sign(link.Grant{Path: path, Name: "for you.txt", Expires: now.Add(10 * time.Minute)})
	return link.URL(path, token), err
}

// A link for one download. HEAD, previews and the parts of that download use it up no
// further.
func signOnce(key link.Key, path, id string, now time.Time) (string, error) {
	token, err := key.Sign(link.Grant{Path: path, ID: id, Uses: 1, Expires: now.Add(10 * time.Minute)})
	return link.URL(path, token), err
}
