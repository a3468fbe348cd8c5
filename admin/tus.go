package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/tus/tusd/v2/pkg/filestore"
	tus "github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
	"golang.org/x/exp/slog" // tusd's own

	"github.com/downlink-go/downlink/catalog"
)

// uploadsPath is where the tus protocol (tus.io, 1.0.0) is spoken.
const uploadsPath = Path + "uploads/"

// networkTimeout is how long an upload may stand still before its connection is cut.
// It can be resumed.
const networkTimeout = time.Minute

// newTus makes the handler of resumable uploads, which are kept in a folder until they
// are whole.
func (h *Handler) newTus() (http.Handler, error) {
	all := tus.NewStoreComposer()
	parts := partStore{filestore.New(h.opts.Uploads), h}
	all.UseCore(parts)
	all.UseTerminater(parts)
	memorylocker.New().UseIn(all)
	x, err := tus.NewHandler(tus.Config{
		StoreComposer: all, BasePath: uploadsPath, MaxSize: h.opts.MaxUpload, NetworkTimeout: networkTimeout,
		DisableDownload: true, Cors: &tus.CorsConfig{Disable: true}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		PreUploadCreateCallback: h.beforeUpload, PreFinishResponseCallback: h.afterUpload,
	})
	if err != nil {
		return nil, err
	}
	return http.StripPrefix(uploadsPath, x), nil
}

// beforeUpload checks where an upload is to go, and gives it its id.
func (h *Handler) beforeUpload(e tus.HookEvent) (tus.HTTPResponse, tus.FileInfoChanges, error) {
	var none tus.HTTPResponse
	err := h.checkPlace(e.Context, placeOf(e.Upload.MetaData))
	return none, tus.FileInfoChanges{ID: newID()}, forTus(err)
}

// placeOf is where the metadata of an upload say that it goes.
func placeOf(m tus.MetaData) place {
	return place{m["item"], m["field"], m["version"], m["keep_name"] != ""}
}

// checkPlace reports a place that no file can go to.
func (h *Handler) checkPlace(ctx context.Context, p place) error {
	if p.Item == "" {
		return nil
	}
	it, err := h.opts.Catalog.Item(ctx, p.Item)
	if err != nil {
		return err
	}
	if p.isOwn() && p.Version != "" {
		it.Version = p.Version
	} else if !p.isOwn() {
		own, _ := it.File("")
		it.Files = map[string]catalog.File{p.Field: own}
	}
	if err := it.Check(); err != nil {
		return &fault{http.StatusUnprocessableEntity, sentence(err)}
	}
	return nil
}

// itemField is the field of an answer that names the page of the item that an upload
// became.
const itemField = "Downlink-Item"

// afterUpload puts an upload into its place before its last part is answered: who
// hears of success has lost nothing whatever happens next. It goes on for a client
// that went away, and takes the time that the store takes.
func (h *Handler) afterUpload(e tus.HookEvent) (tus.HTTPResponse, error) {
	if c, ok := e.Context.Value(controllerKey{}).(*http.ResponseController); ok {
		_ = c.SetWriteDeadline(time.Time{})
		defer func() { _ = c.SetWriteDeadline(time.Now().Add(writeTimeout)) }()
	}
	slug, err := h.finish(context.WithoutCancel(e.Context), e.Upload.ID)
	return tus.HTTPResponse{Header: tus.HTTPHeader{itemField: itemPath(slug)}}, forTus(err)
}

// controllerKey is the key of a request's context under which its controller is.
type controllerKey struct{}

// serveTus answers a request of the protocol.
func serveTus(x *visit) error {
	_, _ = x.control().SetReadDeadline(time.Time{}), x.control().SetWriteDeadline(time.Time{})
	ctx := context.WithValue(x.r.Context(), controllerKey{}, x.control())
	x.tus.ServeHTTP(x.w, x.r.WithContext(ctx))
	return nil
}

// finishUpload puts an upload into its place whose last answer a client missed.
func finishUpload(x *visit) error {
	_ = x.control().SetWriteDeadline(time.Time{})
	slug, err := x.finish(context.WithoutCancel(x.r.Context()), x.r.PathValue("id"))
	if err != nil {
		return err
	}
	x.w.Header().Set(itemField, itemPath(slug))
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}

// forTus is an error as tusd sends it to a client.
func forTus(err error) error {
	if err == nil {
		return nil
	}
	f := faultOf(err)
	return tus.NewError("ERR_DOWNLINK", f.message, f.status)
}

// partStore keeps uploads that are not whole yet.
type partStore struct {
	filestore.FileStore
	h *Handler
}

// GetUpload returns an upload. An id that is none never becomes a path.
func (s partStore) GetUpload(ctx context.Context, id string) (tus.Upload, error) {
	if !isID(id) {
		return nil, tus.ErrNotFound
	}
	u, err := s.FileStore.GetUpload(ctx, id)
	var cut *json.SyntaxError
	if errors.As(err, &cut) { // the process ended when it had just begun
		err = tus.ErrNotFound
	}
	return s.wrap(u, err)
}

// NewUpload begins an upload.
func (s partStore) NewUpload(ctx context.Context, info tus.FileInfo) (tus.Upload, error) {
	u, err := s.FileStore.NewUpload(ctx, info)
	return s.wrap(u, err)
}

// AsTerminatableUpload is what tusd removes an upload by.
func (s partStore) AsTerminatableUpload(u tus.Upload) tus.TerminatableUpload {
	return s.FileStore.AsTerminatableUpload(u.(partUpload).Upload)
}

func (s partStore) wrap(u tus.Upload, err error) (tus.Upload, error) {
	if err != nil {
		return nil, s.failure(err)
	}
	return partUpload{u, s}, nil
}

// failure is an error of the disk in words for a client; its own go to the log.
func (s partStore) failure(err error) error {
	var own tus.Error
	if errors.As(err, &own) {
		return own
	}
	s.h.log.Error("admin: upload", "cause", err.Error())
	if faultOf(err) == errInside {
		err = errStore
	}
	return forTus(err)
}

// partUpload is one of them.
type partUpload struct {
	tus.Upload
	store partStore
}

// WriteChunk writes a part. On a disk that is full nothing of the upload stays.
func (u partUpload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	n, err := u.Upload.WriteChunk(ctx, offset, src)
	if err == nil {
		return n, nil
	}
	var path *os.PathError
	if !errors.As(err, &path) { // of the connection
		return n, err
	}
	if isFull(err) {
		_ = u.store.AsTerminatableUpload(u).Terminate(ctx)
	}
	return n, u.store.failure(err)
}

// isFull reports whether there is no room for a file.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
