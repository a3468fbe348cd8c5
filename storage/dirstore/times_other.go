//go:build !linux

package dirstore

import (
	"os"

	"github.com/downlink-go/downlink/storage"
)

func timesOf(f *os.File) (storage.Times, error) {
	info, err := f.Stat()
	if err != nil {
		return storage.Times{}, err
	}
	return storage.Times{Modified: info.ModTime()}, nil
}
