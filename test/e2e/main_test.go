package e2e

import (
	"testing"

	"github.com/downlink-go/downlink/test/server"
)

func TestMain(m *testing.M) { server.Main(m) }
