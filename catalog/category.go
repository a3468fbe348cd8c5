package catalog

import (
	"fmt"
	"strings"
)

// Below reports whether path is the category above, or one inside it. Everything
// is below "".
func Below(path, above string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return above == "" || ok && (rest == "" || rest[0] == '/')
}

// Above are the paths of the categories that hold the one at path, and itself, the
// outermost first: "A/B" gives "A" and "A/B".
func Above(path string) []string {
	var all []string
	for i := range len(path) {
		if path[i] == '/' {
			all = append(all, path[:i])
		}
	}
	if path == "" {
		return all
	}
	return append(all, path)
}

// Fold is a text as lists compare it: in lower case.
func Fold(text string) string { return strings.ToLower(text) }

// Check reports everything that is wrong with the category, joined.
func (c *Category) Check() error {
	err := CheckCategory(c.Path)
	if err == nil {
		err = checkText("title", c.Title, maxPath)
	}
	return err
}

// CheckCategory says what is wrong with the path of a category that there is to be.
func CheckCategory(path string) error {
	if path == "" {
		return fmt.Errorf("category is missing: write its path, such as %q", "Manuals/Printers")
	}
	return checkCategory(path)
}
