package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	tus "github.com/tus/tusd/v2/pkg/handler"
)

// abandoned is how long an upload is kept that nobody goes on with, and for how long
// it is known what became of one that is done.
const abandoned = 3 * 24 * time.Hour

// The names of an upload's files in the folder of uploads, behind its id. The first is
// tusd's own.
const (
	infoSuffix = ".info"
	doneSuffix = ".done" // holds the slug of the item
)

func (h *Handler) uploadFile(id, suffix string) string {
	return filepath.Join(h.opts.Uploads, id+suffix)
}

// finish puts an upload that is whole into its place, once, and returns the slug of
// the item there. Callers that come meanwhile share the work.
func (h *Handler) finish(ctx context.Context, id string) (slug string, err error) {
	if !isID(id) {
		return "", errNoPage
	}
	return h.finishing.Do(ctx, id, func(ctx context.Context) (string, error) { return h.finishOne(ctx, id) })
}

func (h *Handler) finishOne(ctx context.Context, id string) (slug string, err error) {
	if done, err := os.ReadFile(h.uploadFile(id, doneSuffix)); err == nil {
		return string(done), nil
	}
	info, file, err := h.whole(id)
	if err != nil {
		return "", err
	}
	defer file.Close()
	slug, err = h.arrive(ctx, arrival{id, info.MetaData["filename"], placeOf(info.MetaData)}, file)
	if errors.Is(err, errPicture) {
		h.forget(id) // it will never fit
	}
	if err != nil {
		return "", err
	}
	if err := h.noteDone(id, slug); err != nil {
		return "", err
	}
	h.forget(id)
	return slug, nil
}

// whole opens the file of an upload of which nothing is missing.
func (h *Handler) whole(id string) (info tus.FileInfo, file *os.File, err error) {
	text, err := os.ReadFile(h.uploadFile(id, infoSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return info, nil, errNoPage
	}
	if err != nil {
		return info, nil, err
	}
	if json.Unmarshal(text, &info) != nil {
		return info, nil, errUnfinished // the process ended when it had just begun
	}
	if file, err = os.Open(h.uploadFile(id, "")); err != nil {
		return info, nil, err
	}
	there, err := file.Stat()
	if err == nil && there.Size() != info.Size {
		err = errUnfinished
	}
	if err != nil {
		file.Close()
	}
	return info, file, err
}

// errUnfinished: parts of the upload are missing.
var errUnfinished = &fault{http.StatusConflict, "Parts of this upload are missing: go on with it first."}

// noteDone notes, all at once, what became of an upload.
func (h *Handler) noteDone(id, slug string) error {
	name := h.uploadFile(id, doneSuffix)
	if err := os.WriteFile(name+".part", []byte(slug), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}

// forget removes the parts of an upload.
func (h *Handler) forget(id string) {
	_, _ = os.Remove(h.uploadFile(id, "")), os.Remove(h.uploadFile(id, infoSuffix))
}

// Sweep puts uploads into their places that are whole and not there yet, because the
// process ended or the store did not answer, and removes those that nobody went on
// with for three days.
func (h *Handler) Sweep(ctx context.Context) error {
	entries, err := os.ReadDir(h.opts.Uploads)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		id, isInfo := strings.CutSuffix(e.Name(), infoSuffix)
		if ctx.Err() == nil && isInfo && isID(id) {
			_, err := h.finish(ctx, id)
			if err != nil && !errors.Is(err, errUnfinished) {
				errs = append(errs, err)
			}
		}
		h.removeOld(e)
	}
	return errors.Join(errs...)
}

// removeOld removes a file of the folder that nobody wrote to for long. The parts of an
// upload are written to after its information is: they decide.
func (h *Handler) removeOld(e fs.DirEntry) {
	id, _, _ := strings.Cut(e.Name(), ".")
	newest := time.Time{}
	for _, suffix := range []string{"", infoSuffix, doneSuffix} {
		if info, err := os.Stat(h.uploadFile(id, suffix)); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	if !newest.IsZero() && time.Since(newest) > abandoned {
		_ = os.Remove(filepath.Join(h.opts.Uploads, e.Name()))
	}
}
