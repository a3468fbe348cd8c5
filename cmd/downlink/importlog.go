package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/downlink-go/downlink/config"
	"github.com/downlink-go/downlink/track/accesslog"
)

func newImportLog(s *settings) *cobra.Command {
	var fromStart bool
	c := &cobra.Command{
		Use:   "import-log FILE --config FILE",
		Short: "Note how the downloads ended that nginx sent",
		Long: `Read the log that nginx writes by "downlink front nginx --downloads-log", and note in
the catalogue which downloads were sent whole, and how many bytes of each.

Run it as often as you like, from a timer: it goes on where it stopped, also in a log
that was rotated meanwhile, and notes each download once whatever is read again. Lines
of the last 10 seconds are left for the next time. FILE may end in ".gz".

Lines that are none are told, with the exit code 1; the others count all the same.`,
		Example: "  downlink import-log /var/log/nginx/downloads.log --config /etc/downlink/downlink.toml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := s.importLog(cmd.Context(), args[0], fromStart)
			if err != nil {
				return err
			}
			left := ""
			if report.Early {
				left = "; lines of the last 10 seconds are left for the next time"
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d lines were read, the end of %d downloads was noted%s\n", report.Lines, report.Noted, left)
			return report.Err()
		},
	}
	c.Flags().BoolVar(&fromStart, "from-start", false, "read the whole file, whatever was read of it before")
	return c
}

// importLog reads a log on, and keeps how far it came.
func (s *settings) importLog(ctx context.Context, path string, fromStart bool) (accesslog.Report, error) {
	var none accesslog.Report
	cfg, err := s.loadForLog()
	if err != nil {
		return none, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return none, err
	}
	folder, err := s.dataFolder(cfg)
	if err != nil {
		return none, err
	}
	known := positions{file: filepath.Join(folder, "import-log.json")}
	if err := known.read(); err != nil {
		return none, err
	}
	from := known.Logs[path]
	if fromStart {
		from = accesslog.Position{}
	}
	db, _, err := s.openItems(cfg)
	if err != nil {
		return none, err
	}
	defer db.Close()
	m := accesslog.Importer{Counter: db, Now: time.Now()}
	at, report, err := m.Import(ctx, path, from)
	if at == from {
		return report, err
	}
	known.Logs[path] = at
	return report, errors.Join(err, known.write())
}

// loadForLog loads the configuration, by which downloads have to be awaited.
func (s *settings) loadForLog() (*config.Config, error) {
	if s.config == "" {
		return nil, errors.New("say for which site: --config FILE")
	}
	cfg, err := s.load("")
	if err == nil && cfg.Tracking.AwaitLog == 0 {
		err = fmt.Errorf("%s has no await_log below [tracking]: no download is awaited; write await_log = \"48h\", or whatever is longer than the time between two imports", s.config)
	}
	return cfg, err
}

// positions are how far logs were read, in a file of the data folder.
type positions struct {
	file string
	Logs map[string]accesslog.Position `json:"logs"` // by absolute path
}

func (p *positions) read() error {
	text, err := os.ReadFile(p.file)
	if err == nil {
		err = json.Unmarshal(text, p)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s, which says how far logs were read: %w; remove it, and logs are read from their beginning", p.file, err)
	}
	if p.Logs == nil {
		p.Logs = map[string]accesslog.Position{}
	}
	return nil
}

// write replaces the file at once or not at all.
func (p *positions) write() error {
	text, err := json.MarshalIndent(p, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(p.file), ".import-log-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), p.file)
}
