package memstore_test

import (
	"testing"
	"time"

	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
	"github.com/downlink-go/downlink/storage/storagetest"
)

func TestDriver(t *testing.T) {
	storagetest.Run(t, storagetest.Harness{New: func(*testing.T) (storage.Driver, storagetest.Put) {
		s := memstore.New()
		return s, func(key string, data []byte, modified time.Time) error {
			s.Put(key, data, memstore.Options{Modified: modified})
			return nil
		}
	}})
}
