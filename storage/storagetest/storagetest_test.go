package storagetest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/downlink-go/downlink/storage"
	"github.com/downlink-go/downlink/storage/memstore"
	"github.com/downlink-go/downlink/storage/storagetest"
)

var modifiedNever = time.Unix(1, 0)

// faultVariable names the fault in the environment of the process that has it.
const faultVariable = "STORAGETEST_FAULT"

// TestSuiteFinds runs the suite on one wrong driver after the other, each in a
// process of its own, and wants it to fail.
func TestSuiteFinds(t *testing.T) {
	if os.Getenv(faultVariable) != "" {
		t.Skip("this is the process with the fault")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for fault := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), program, "-test.run=^TestFault$", "-test.count=1")
			command.Env = append(os.Environ(), faultVariable+"="+fault)
			out, err := command.CombinedOutput()
			if err == nil {
				t.Errorf("the suite passes a driver whose fault is: %s", fault)
			} else if !strings.Contains(string(out), "--- FAIL: TestFault") || strings.Contains(string(out), "panic:") {
				t.Errorf("the suite did not end as a failed test: %v\n%s", err, out)
			}
		})
	}
}

// TestFault is the suite on the driver with the fault of the environment, or on
// one without.
func TestFault(t *testing.T) {
	fault := os.Getenv(faultVariable)
	storagetest.Run(t, storagetest.Harness{New: func(t *testing.T) (storage.Driver, storagetest.Put) {
		s := memstore.New()
		put := func(key string, data []byte, modified time.Time) error {
			s.Put(key, data, memstore.Options{Modified: modified})
			return nil
		}
		if fault == "" {
			return twisted{Store: s}, put
		}
		return faults[fault](s), put
	}})
}
