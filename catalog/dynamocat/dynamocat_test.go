//go:build unix

package dynamocat_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/downlink-go/downlink/catalog"
	"github.com/downlink-go/downlink/catalog/catalogtest"
	"github.com/downlink-go/downlink/catalog/dynamocat"
	"github.com/downlink-go/downlink/test/server"
)

var tables atomic.Int64

// options are those of a store over a new table.
func options(t testing.TB, d *server.DynamoDB) dynamocat.Options {
	t.Helper()
	o := dynamocat.Options{
		Table: fmt.Sprint("downlink-", tables.Add(1)), Region: d.Region, Endpoint: d.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(d.Access, d.Secret, ""),
	}
	if _, err := d.Client().CreateTable(t.Context(), dynamocat.Table(o.Table)); err != nil {
		t.Fatal(err)
	}
	return o
}

func open(t testing.TB, o dynamocat.Options) *dynamocat.Store {
	t.Helper()
	s, err := dynamocat.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestDriver(t *testing.T) {
	d := server.StartDynamoDB(t)
	catalogtest.Run(t, func(t *testing.T) catalog.Driver { return open(t, options(t, d)) })
}

func TestCounter(t *testing.T) {
	d := server.StartDynamoDB(t)
	catalogtest.RunCounter(t, func(t *testing.T) catalog.Driver { return open(t, options(t, d)) })
}
