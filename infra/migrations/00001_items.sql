-- +goose Up

-- What is offered for download. name and key are file names, any bytes (a file
-- system's name need not be text): PostgreSQL's word for BLOB is BYTEA, so the
-- driver there reads it so.
CREATE TABLE items (
    slug       TEXT    NOT NULL PRIMARY KEY,
    title      TEXT    NOT NULL DEFAULT '',
    name       BLOB    NOT NULL DEFAULT '',
    store      TEXT    NOT NULL,
    key        BLOB    NOT NULL,
    category   TEXT    NOT NULL DEFAULT '',
    visible    BOOLEAN NOT NULL DEFAULT TRUE,
    inline     BOOLEAN NOT NULL DEFAULT FALSE,
    media_type TEXT    NOT NULL DEFAULT ''
);
