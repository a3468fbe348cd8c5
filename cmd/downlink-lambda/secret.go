package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// secretTimeout is how long fetching a secret may take.
const secretTimeout = 4 * time.Second

// How a variable says where its secret is.
const (
	inParameterStore = "ssm:"
	inSecretsManager = "secretsmanager:"
)

// secrets are those that variables of the environment hold or lead to.
type secrets struct {
	env func(name string) string
}

func newSecrets(env func(string) string) *secrets { return &secrets{env: env} }

// errUnset: the variable is not there, or empty.
var errUnset = errors.New("it is not set: give it a secret, or where one is")

// get is the secret of a variable: its value, or what is in the Parameter Store or in
// Secrets Manager under the name that it gives. The error is errUnset without a value.
// No error tells any of it.
func (s *secrets) get(ctx context.Context, variable string) (string, error) {
	value := s.env(variable)
	if strings.TrimSpace(value) == "" {
		return "", fmt.Errorf("the variable %s: %w", variable, errUnset)
	}
	ctx, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	var err error
	name, ok := strings.CutPrefix(value, inParameterStore)
	if ok {
		value, err = parameter(ctx, name)
	} else if name, ok = strings.CutPrefix(value, inSecretsManager); ok {
		value, err = managed(ctx, name)
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("secret %q, to which the variable %s leads: %w", name, variable, err)
	case strings.TrimSpace(value) == "":
		return "", fmt.Errorf("secret %q, to which the variable %s leads: it is empty", name, variable)
	}
	return strings.TrimSpace(value), nil
}

func parameter(ctx context.Context, name string) (string, error) {
	var got struct{ Parameter struct{ Value string } }
	err := parameterStore.call(ctx, "GetParameter", map[string]any{"Name": name, "WithDecryption": true}, &got)
	return got.Parameter.Value, err
}

var errBinary = errors.New("it is binary: store it as text")

func managed(ctx context.Context, name string) (string, error) {
	var got struct{ SecretString *string }
	err := secretsManager.call(ctx, "GetSecretValue", map[string]any{"SecretId": name}, &got)
	if err != nil {
		return "", err
	}
	if got.SecretString == nil {
		return "", errBinary
	}
	return *got.SecretString, nil
}
