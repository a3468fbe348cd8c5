-- +goose Up

-- Where and when an item is offered. Times are in milliseconds since 1970, 0 for none;
-- categories are the further ones, one a line; sha256 is in hexadecimal. The older
-- versions of an item's file are in files, in the field of "@" and their name: place
-- is where each is among them, from 1, and 0 for a further file.
ALTER TABLE items ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN categories TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN draft BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE items ADD COLUMN publish BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN expires BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN max_downloads BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN limit_rate BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN created BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN updated BIGINT NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN added BIGINT NOT NULL DEFAULT 0;

-- The tree of categories, with or without items.
CREATE TABLE categories (
    path     TEXT   NOT NULL PRIMARY KEY,
    title    TEXT   NOT NULL DEFAULT '',
    position BIGINT NOT NULL DEFAULT 0
);

-- What lists are read from: a row for each item and each category that it is in, those
-- above and '' for all. sort is the folded title and slug, age the time of creation
-- below 0, so that both go upwards. Lists have the item from since to until;
-- 4503599627370496 is never.
CREATE TABLE places (
    slug     TEXT   NOT NULL,
    category TEXT   NOT NULL,
    sort     TEXT   NOT NULL,
    age      BIGINT NOT NULL,
    since    BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    PRIMARY KEY (slug, category)
);
CREATE INDEX places_by_title ON places (category, sort, slug, since, until);
CREATE INDEX places_by_age ON places (category, age, slug, since, until);

-- How many places a category has with the same since and until: what a list comes to
-- is a sum of few rows.
CREATE TABLE tallies (
    category TEXT   NOT NULL,
    since    BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    n        BIGINT NOT NULL,
    PRIMARY KEY (category, since, until)
);

-- The items that there are already.
INSERT INTO places (slug, category, sort, age, since, until)
WITH RECURSIVE above (slug, path) AS (
    SELECT slug, category FROM items
    UNION
    SELECT slug, rtrim(rtrim(path, replace(path, '/', '')), '/') FROM above WHERE path <> ''
)
SELECT i.slug, a.path, lower(CASE WHEN i.title = '' THEN i.slug ELSE substr(i.title, 1, 50) END) || '
' || lower(i.slug), 0, CASE WHEN i.visible THEN 0 ELSE 4503599627370496 END, 4503599627370496
FROM above a JOIN items i ON i.slug = a.slug;
INSERT INTO tallies (category, since, until, n)
SELECT category, since, until, count(*) FROM places GROUP BY category, since, until;
INSERT INTO categories (path) SELECT DISTINCT category FROM places WHERE category <> '';
