// Package sqlcat keeps the catalogue in a database that speaks SQL, by the same
// statements everywhere: in SQLite, in one file of its own, in PostgreSQL, and inside a
// Cloudflare Worker in D1.
package sqlcat
