//go:build noadmin

package main

import (
	"errors"

	"github.com/downlink-go/downlink/adapters/lambda"
	"github.com/downlink-go/downlink/config"
)

// assembleAdmin has nothing to do here: the function that only gives files out starts
// sooner without the admin.
func assembleAdmin(*config.Config) (*lambda.Handler, error) {
	return nil, errors.New("DOWNLINK_FUNCTION: this program has no admin: build one with -admin")
}
