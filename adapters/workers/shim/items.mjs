// The files of the catalogue's items, from D1 and remembered for a moment.

import { downloadedUp } from './frame.mjs'
import site from './site.mjs'
import { within } from './within.mjs'

/** How long a file is remembered in milliseconds, and how many are. */
const life = 10_000
const most = 1_000

/** How long D1 may take in milliseconds. */
const patience = 4_000

const columns = ['store', 'key', 'name', 'media_type', 'encoding', 'charset', 'modified', 'size', 'etag', 'sha256']
const ofItem = ['inline', 'draft', 'publish', 'expires', 'max_downloads', 'created']
const own = `SELECT ${[...ofItem, ...columns]} FROM items WHERE slug = ?1`
const ofField = `SELECT ${ofItem.map(c => 'i.' + c)}, ${columns.map(c => 'f.' + c)} FROM items i
  JOIN files f ON f.slug = i.slug WHERE i.slug = ?1 AND f.field = ?2`
// The latest version is in no field yet.
const ofVersion = `${own} AND version <> '' AND '@' || version = ?2 UNION ALL ${ofField} LIMIT 1`

// Plain data only: nothing in it belongs to a request. What was there longest goes
// first, and an item that is not there is not remembered.
const remembered = new Map()

/** Forgets the files of an item, or of all items without a slug. */
export function forget(slug) {
  for (const [name, { of }] of remembered) {
    if (slug === undefined || of === slug) remembered.delete(name)
  }
}

/** The file in an item's field, null if there is none. It throws if D1 does not answer. */
export async function findFile(env, slug, field, now) {
  const name = slug + '\n' + field
  const known = remembered.get(name)
  if (known && now < known.until) return known.file
  const row = await within(patience, query(env[site.catalog], slug, field))
  if (!row) return null
  const file = fileOf(row)
  remembered.delete(name)
  remembered.set(name, { of: slug, file, until: now + life })
  if (remembered.size > most) remembered.delete(remembered.keys().next().value)
  return file
}

function query(database, slug, field) {
  if (field === '' || field === 'file') return database.prepare(own).bind(slug).first()
  return database.prepare(field.startsWith('@') ? ofVersion : ofField).bind(slug, field).first()
}

/**
 * How often a file may be downloaded, as redeem has it; undefined without a limit. An item
 * that is made anew under the same slug is another one, as elsewhere (limitID).
 */
export function limitOf(slug, field, file) {
  const limited = file.most > 0 && (field === '' || field === 'file' || field.startsWith('@'))
  return limited ? { link: `/items/${slug}@${file.created}`, uses: file.most, expires: never, up: downloadedUp } : undefined
}

// The last second that a date has.
const never = 253402300799

function fileOf(row) {
  return {
    draft: row.draft, publish: row.publish, expires: row.expires, most: row.max_downloads, created: row.created,
    store: row.store, key: text(row.key), name: bytes(row.name), inline: row.inline,
    mediaType: row.media_type, encoding: row.encoding, charset: row.charset,
    modified: row.modified, size: row.size,
    etag: row.etag || (row.sha256 && `"${row.sha256}"`), digest: digest(row.sha256),
  }
}

// The value of Repr-Digest (RFC 9530).
function digest(sha256) {
  if (!/^[0-9a-f]{64}$/i.test(sha256)) return ''
  return `sha-256=:${btoa(String.fromCharCode(...sha256.match(/../g).map(byte => parseInt(byte, 16))))}:`
}

// D1 gives a BLOB as an array of numbers, and as a string what was stored as TEXT in
// a column of BLOBs.
function bytes(value) {
  return typeof value === 'string' ? value : new Uint8Array(value)
}

// A key of R2 is text: bytes that are none name nothing there.
function text(value) {
  if (typeof value === 'string') return value
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(value))
  } catch {
    return ''
  }
}
