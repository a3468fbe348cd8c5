package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/downlink-go/downlink/config"
)

// catalogPath is where the catalogue's database is: in the folder of --data, as
// the configuration says, or in the data folder. It never lies in a folder that
// is served.
func (s *settings) catalogPath(c *config.Config) (string, error) {
	if s.instead != "" {
		return s.instead, nil
	}
	if c.Catalog.Path != "" && s.data == "" {
		return c.Catalog.Path, nil
	}
	folder, err := s.dataFolder(c)
	return filepath.Join(folder, "catalog.db"), err
}

// begun reports whether the catalogue is there: one in a file is made by its first use,
// any other is somebody else's to make. path is the file.
func (s *settings) begun(c *config.Config) (path string, begun bool, err error) {
	if c.Catalog.Driver != config.DriverSQLite {
		return "", true, nil
	}
	if path, err = s.catalogPath(c); err != nil {
		return "", false, err
	}
	_, err = os.Stat(path)
	return path, !errors.Is(err, fs.ErrNotExist), nil
}

// dataFolder is the folder of --data, of the configuration, or the first of the
// usual ones that no served folder holds and that is there or can be made.
func (s *settings) dataFolder(c *config.Config) (string, error) {
	chosen := s.data
	if chosen == "" {
		chosen = c.Server.Data
	}
	if chosen != "" {
		served, err := c.Exposes(chosen)
		if err == nil && served != "" {
			err = fmt.Errorf("the data folder %s lies inside %s, which is served: choose one outside with --data", chosen, served)
		}
		return chosen, err
	}
	for _, folder := range usualFolders() {
		if served, err := c.Exposes(folder); err != nil || served != "" {
			continue
		}
		if err := os.MkdirAll(folder, 0o700); err == nil {
			return folder, nil
		}
	}
	return "", errors.New("every usual data folder lies inside the folder to be served or cannot be made: choose one with --data, outside of what is served")
}

// uploadsFolder is the folder of what is uploaded where a folder is served without a
// configuration.
func (s *settings) uploadsFolder(c *config.Config) (string, error) {
	folder, err := s.dataFolder(c)
	return filepath.Join(folder, "files"), err
}

// usualFolders are the places for data, best first: the user's own (XDG Base
// Directory Specification), then the system's.
func usualFolders() []string {
	var folders []string
	if data := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		folders = append(folders, filepath.Join(data, "downlink"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, ".local", "share", "downlink"))
	}
	return append(folders, "/var/lib/downlink")
}
