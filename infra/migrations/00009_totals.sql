-- +goose Up

-- How often each item was downloaded in all: rank is the sum of its n in counts, kept with
-- them, below 0, so that it goes upwards as sort and age do. An item has a row from when
-- it is put or downloaded first, and keeps it.
CREATE TABLE totals (
    slug TEXT   NOT NULL PRIMARY KEY,
    rank BIGINT NOT NULL DEFAULT 0
);
INSERT INTO totals (slug, rank) SELECT slug, -SUM(n) FROM counts WHERE replace(slug, '/', '') = slug GROUP BY slug;
INSERT INTO totals (slug) SELECT slug FROM items WHERE slug NOT IN (SELECT slug FROM totals);
CREATE INDEX totals_by_rank ON totals (rank, slug);
