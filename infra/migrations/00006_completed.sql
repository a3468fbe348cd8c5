-- +goose Up

-- What is known of how downloads ended: completed is how many of n were sent whole,
-- bytes what was sent in all, to robots too.
ALTER TABLE counts ADD COLUMN completed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE counts ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;

-- Downloads that a front server sends, by the id of their request: its log will tell
-- how they ended. item and hour are as slug and hour of counts, size is of the file
-- in bytes, until is in seconds since 1970: later the row may go.
CREATE TABLE awaited (
    id    TEXT    NOT NULL PRIMARY KEY,
    item  TEXT    NOT NULL,
    hour  BIGINT  NOT NULL,
    size  BIGINT  NOT NULL,
    bot   BOOLEAN NOT NULL DEFAULT FALSE,
    until BIGINT  NOT NULL
);
