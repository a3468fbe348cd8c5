package docs_test

import (
	"context"
	"log"
	"net/http"

	"github.com/downlink-go/downlink/doctor"
	"github.com/downlink-go/downlink/download"
	"github.com/downlink-go/downlink/storage"
)

// The snippet of docs/doctor.md; doctor.ExampleExamine runs one like it.
func monitor(ctx context.Context, handler, direct http.Handler, rules []download.Rule, store *storage.Store) {
	report := doctor.Examine(ctx, doctor.Site{
		Handler: handler,
		Direct:  direct,
		Rules:   rules,
		Stores:  []*storage.Store{store},
		Files:   []string{"/reports/2026/summary.pdf"},
		App:     "127.0.0.1:8080",
		Front:   "https://files.example.org",
	})
	for _, fault := range report.Faults() {
		log.Printf("%s: %s %v", fault.Hop, fault.Text, fault.Change)
	}
}

var _ = monitor
