-- +goose Up

-- How often each item was downloaded in each hour: what a day, an hour of the day
-- and a category came to is summed from here. hour is in hours since 1970 (UTC).
-- Bots are counted apart. Counts outlive their item.
CREATE TABLE counts (
    slug TEXT   NOT NULL,
    hour BIGINT NOT NULL,
    n    BIGINT NOT NULL DEFAULT 0,
    bots BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (slug, hour)
);

-- How often each signed link with a use limit was redeemed. expires is the link's
-- own, in seconds since 1970: later the row may go.
CREATE TABLE uses (
    link    TEXT   NOT NULL PRIMARY KEY,
    n       BIGINT NOT NULL DEFAULT 0,
    expires BIGINT NOT NULL
);
