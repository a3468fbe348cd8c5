-- +goose Up

-- Who may use the admin with a password. password is a hash in PHC string format.
CREATE TABLE admin_users (
    name     TEXT NOT NULL PRIMARY KEY,
    password TEXT NOT NULL
);

-- Links by which somebody chooses a password, each once. token is the SHA-256 of
-- what the link has; name is '' for who sets the site up and chooses a name too.
-- expires is in seconds since 1970: later the row may go.
CREATE TABLE admin_links (
    token   TEXT   NOT NULL PRIMARY KEY,
    name    TEXT   NOT NULL,
    expires BIGINT NOT NULL
);

-- Sessions of the admin. token is the SHA-256 of what the cookie has; expires is in
-- seconds since 1970: later the row may go.
CREATE TABLE admin_sessions (
    token   TEXT   NOT NULL PRIMARY KEY,
    data    BLOB   NOT NULL,
    expires BIGINT NOT NULL
);
