package config

import "reflect"

// UploadsStore is the store of what is uploaded where a folder is served without a
// configuration file.
const UploadsStore = "uploads"

// AddUploads adds that store to the configuration of a folder, with its files below dir,
// and views of what uploads give items: a picture, older versions and further files. It
// does nothing if the store is there.
func (c *Config) AddUploads(dir string) {
	if _, there := c.Store(UploadsStore); there {
		return
	}
	s := Store{Name: UploadsStore}
	setDefaults(reflect.ValueOf(&s).Elem())
	s.Path = dir
	c.Stores, c.Admin.Store = append(c.Stores, s), s.Name
	for _, of := range []struct{ below, field string }{{"/image", "image"}, {"/v/{version}", "@{version}"}, {"/{field}", "{field}"}} {
		v := newView()
		v.Pattern, v.Kind, v.Field = itemPattern+of.below, KindObject, of.field
		v.Attachment = of.field != "image" // which pages show
		c.Views = append(c.Views, v)
	}
}
