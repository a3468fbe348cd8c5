package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/downlink-go/downlink/storage"
)

// directPath is where uploads are looked after whose parts browsers send to the store
// themselves, by URLs that are signed for each part.
const directPath = Path + "direct/"

// directly answers requests about direct uploads.
var directly = map[string]action{
	"POST " + directPath + "{$}": startDirect, "GET " + directPath + "{id}": showDirect, "POST " + directPath + "{id}/parts": signParts,
	"POST " + directPath + "{id}": endDirect, "DELETE " + directPath + "{id}": dropDirect,
}

// stateOfDirect is what a browser is told of an upload.
type stateOfDirect struct {
	URL   string         `json:"url"`
	Part  int64          `json:"part"`            // bytes of each part but the last
	Parts int            `json:"parts"`           // how many there have to be
	There map[int]string `json:"there,omitempty"` // entity-tags of those that are there, without quotes
	Whole bool           `json:"whole,omitempty"` // the store has made the file of them
	Item  string         `json:"item,omitempty"`  // page of what it became
}

func (x *visit) json(status int, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	send(x.w, status, "application/json", text)
	return nil
}

// startDirect takes "name", "size" and the place of a file.
func startDirect(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	form := x.r.PostForm
	size, err := strconv.ParseInt(form.Get("size"), 10, 64)
	if err != nil {
		return errForm
	}
	to := place{form.Get("item"), form.Get("field"), form.Get("version"), form.Get("keep_name") != ""}
	id, d, err := x.beginDirect(x.r.Context(), form.Get("name"), size, to)
	if err != nil {
		return err
	}
	return x.json(http.StatusCreated, stateOfDirect{URL: directPath + id, Part: d.Part, Parts: d.parts()})
}

func showDirect(x *visit) error {
	id, ctx := x.r.PathValue("id"), x.r.Context()
	d, err := x.noted(ctx, id)
	if err != nil {
		return err
	}
	s := stateOfDirect{URL: directPath + id, Part: d.Part, Parts: d.parts()}
	if d.Slug != "" {
		s.Item = itemPath(d.Slug)
		return x.json(http.StatusOK, s)
	}
	parts, err := x.there(ctx, id, d)
	if s.Whole = errors.Is(err, storage.ErrNotFound); err != nil && !s.Whole { // or given up: who finishes it learns which
		return err
	}
	s.There = map[int]string{}
	for _, p := range parts {
		s.There[p.Number] = unquoted(p.ETag)
	}
	return x.json(http.StatusOK, s)
}

// signParts signs a URL for each "part" of the form.
func signParts(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	id, ctx := x.r.PathValue("id"), x.r.Context()
	d, err := x.noted(ctx, id)
	if err != nil {
		return err
	}
	numbers := x.r.PostForm["part"]
	if len(numbers) > mostSigned || d.Slug != "" {
		return errForm
	}
	urls := map[string]string{}
	for _, text := range numbers {
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 || number > d.parts() {
			return errForm
		}
		p := storage.Part{Number: number, Size: d.sizeOf(number)}
		if urls[text], err = x.direct.Presign(ctx, objectKey(id), d.Upload, p, partLife); err != nil {
			return err
		}
	}
	return x.json(http.StatusOK, urls)
}

// endDirect finishes an upload of whose parts the form has each "etag", in turn; it goes
// on for a client that went away.
func endDirect(x *visit) error {
	if err := x.parseForm(); err != nil {
		return err
	}
	_ = x.control().SetWriteDeadline(time.Time{})
	slug, err := x.finishDirect(context.WithoutCancel(x.r.Context()), x.r.PathValue("id"), x.r.PostForm["etag"])
	if err != nil {
		return err
	}
	x.w.Header().Set(itemField, itemPath(slug))
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}

func dropDirect(x *visit) error {
	if err := x.cancelDirect(context.WithoutCancel(x.r.Context()), x.r.PathValue("id")); err != nil {
		return err
	}
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}
