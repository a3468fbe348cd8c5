-- +goose Up

-- Which clients may still go on with a download by a signed link with a use limit,
-- and until when, in seconds since 1970: later the row may go. client is an address.
CREATE TABLE resumes (
    link   TEXT   NOT NULL,
    client TEXT   NOT NULL,
    until  BIGINT NOT NULL,
    PRIMARY KEY (link, client)
);
