package config

import (
	"fmt"
	"os"
	"strings"
)

// readSecret is the text of the file or variable, without white space around it.
func readSecret(file, variable string) (string, error) {
	if file != "" {
		text, err := os.ReadFile(file)
		return strings.TrimSpace(string(text)), err
	}
	text, found := os.LookupEnv(variable)
	if !found {
		return "", fmt.Errorf("the environment has no variable %s", variable)
	}
	return strings.TrimSpace(text), nil
}

// checkSecret checks where the secret of the table at path is said to be.
func (r *report) checkSecret(path, file, variable, remedy, example string) {
	switch key := path + ".secret_env"; {
	case file != "" && variable != "":
		r.fault(key, "secret_file and secret_env are two secrets: keep one, and %s", remedy)
	case variable != "" && !isVariable(variable):
		r.fault(key, `secret_env is the name of an environment variable, of letters, digits and _, such as %q: never write the secret itself here`, example)
	}
}

// checkSecretText reports, at the key that says where the secret of the table at path
// is, what went wrong when it was read, and a file that others can read or that would
// be served.
func (r *report) checkSecretText(c *Config, path, file string, err error) {
	name := "secret_file"
	if file == "" {
		name = "secret_env"
	}
	key := path + "." + name
	if err != nil {
		r.fault(key, "%s: %v", name, err)
	}
	if info, err := os.Stat(file); err == nil && openToOthers(info) {
		r.fault(key, openFault, name, quote(file))
	}
	r.checkPrivate(c, key, file, name)
}
