-- +goose Up

-- What an item says about its file beyond the first step, and the item's further
-- files, each under the name of a field (django-downloadview's file_field).
-- modified is in milliseconds since 1970, 0 if the item says nothing; size is in
-- bytes, -1 if it says nothing; etag is quoted, '' if it says nothing.
ALTER TABLE items ADD COLUMN encoding TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN charset TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN modified BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN size BIGINT NOT NULL DEFAULT -1;
ALTER TABLE items ADD COLUMN etag TEXT NOT NULL DEFAULT '';

CREATE TABLE files (
    slug       TEXT   NOT NULL REFERENCES items (slug) ON DELETE CASCADE,
    field      TEXT   NOT NULL,
    name       BLOB   NOT NULL DEFAULT '',
    store      TEXT   NOT NULL,
    key        BLOB   NOT NULL,
    media_type TEXT   NOT NULL DEFAULT '',
    encoding   TEXT   NOT NULL DEFAULT '',
    charset    TEXT   NOT NULL DEFAULT '',
    modified   BIGINT NOT NULL DEFAULT 0,
    size       BIGINT NOT NULL DEFAULT -1,
    etag       TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (slug, field)
);
