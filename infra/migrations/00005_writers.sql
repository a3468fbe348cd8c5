-- +goose Up

-- Who writes counts in batches from many places at once (the isolates of a Worker),
-- and the number of its last batch: one that is sent again because nobody knows
-- what became of it is not counted twice. hour is of the last batch, in hours since
-- 1970: two days later the row may go.
CREATE TABLE writers (
    id    TEXT   NOT NULL PRIMARY KEY,
    batch BIGINT NOT NULL,
    hour  BIGINT NOT NULL
);
