//go:build unix

package dynamocat_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

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
		Timeout:     30 * time.Second, // the machine of the tests may be busy
	}
	if err := open(t, o).CreateTable(t.Context()); err != nil {
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

func TestAbilities(t *testing.T) {
	d := server.StartDynamoDB(t)
	fresh := func(t *testing.T) catalog.Driver { return open(t, options(t, d)) }
	catalogtest.RunDeleter(t, fresh)
	catalogtest.RunLister(t, fresh, nil)
	catalogtest.RunCategorizer(t, fresh)
}

func TestUses(t *testing.T) {
	d := server.StartDynamoDB(t)
	catalogtest.RunUses(t, func(t *testing.T) (a, b catalogtest.Uses) {
		o := options(t, d)
		return open(t, o), open(t, o)
	})
}
