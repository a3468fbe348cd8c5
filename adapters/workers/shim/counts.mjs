// Counts of downloads, in D1. The downloads of an isolate that come while a batch is on
// its way go together with the next one. Each waits for its own to be stored; a batch
// that failed is sent again, and is not counted twice (table writers).

import site from './site.mjs'
import { within } from './within.mjs'

/** How long a download waits for its count to be stored, in milliseconds: waitUntil has 30 s. */
const patience = 25_000

/** How long D1 may take for a batch, and the longest pause before the next try. */
const answering = 5_000
const longestPause = 3_000

/** How many rows a batch has. */
const most = 200

/** After so many hours without a batch a writer is gone. */
const forgotten = 48

// Plain data only: nothing in it belongs to a request.
const waiting = new Map() // by slug and hour: what no batch has yet
let batch // what was sent, or is to be sent again: { number, rows, last }
let sender = 0 // since when a request is sending it; 0: none is
let failures = 0 // of the batch
let came = 0 // downloads that came
let stored = 0 // those of them that are stored, in the order they came
let writer // this isolate's id
let number = 0 // of the last batch

/** Counts a download of an item. It is stored when the promise is fulfilled. */
export async function count(env, ctx, download) {
  if (!download.slug) return
  const place = add(download)
  const end = Date.now() + patience
  for (let pause = 5; stored < place; pause = Math.min(2 * pause, 100)) {
    const now = Date.now()
    if (now > end) throw new Error(`downloads were not counted within ${patience} ms; they go with the next`)
    if (now - sender < 2 * answering) {
      await scheduler.wait(pause)
    } else {
      await send(env, now)
    }
  }
}

function add({ slug, at, robot }) {
  const hour = Math.floor(at / 3_600_000)
  const key = slug + '\n' + hour
  const row = waiting.get(key) ?? { slug, hour, n: 0, bots: 0, first: came + 1 }
  row[robot ? 'bots' : 'n']++
  waiting.set(key, row)
  return ++came
}

async function send(env, now) {
  const sent = batch ??= next()
  sender = now
  try {
    await within(answering, write(env[site.catalog], sent, now))
    if (batch !== sent) return
    batch = undefined
    failures = 0
    stored = sent.last
  } catch (error) {
    console.error('downloads are not counted yet: ' + error)
    const pause = Math.min(100 * 2 ** failures++, longestPause)
    await scheduler.wait(pause * (0.5 + Math.random() / 2))
  } finally {
    if (sender === now) sender = 0
  }
}

// A batch holds rows from the front, and says up to which download all are in it.
function next() {
  const rows = [...waiting.values()].slice(0, most)
  for (const { slug, hour } of rows) waiting.delete(slug + '\n' + hour)
  const [oldest] = waiting.values() // those left are in the order of their first download
  return { number: ++number, rows, last: oldest ? oldest.first - 1 : came }
}

// The rows of a batch that was stored before are not added again.
const again = 'EXISTS (SELECT 1 FROM writers WHERE id = ?2 AND batch >= ?3)'
const counted = `INSERT INTO counts (slug, hour, n, bots)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE NOT ${again}
  ON CONFLICT (slug, hour) DO UPDATE SET n = n + excluded.n, bots = bots + excluded.bots`
const summed = `INSERT INTO totals (slug, rank)
  SELECT value ->> 0, -(value ->> 2) FROM json_each(?1) WHERE value ->> 2 > 0 AND instr(value ->> 0, '/') = 0 AND NOT ${again}
  ON CONFLICT (slug) DO UPDATE SET rank = rank + excluded.rank`
const noted = `INSERT INTO writers (id, batch, hour) VALUES (?1, ?2, ?3)
  ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, hour = excluded.hour WHERE excluded.batch > batch`
const cleaned = 'DELETE FROM writers WHERE hour < ?1'

// D1 runs a batch as one transaction.
function write(database, { number, rows }, now) {
  writer ??= crypto.randomUUID()
  const hour = Math.floor(now / 3_600_000)
  const text = JSON.stringify(rows.map(({ slug, hour, n, bots }) => [slug, hour, n, bots]))
  const statements = [
    database.prepare(counted).bind(text, writer, number),
    database.prepare(summed).bind(text, writer, number),
    database.prepare(noted).bind(writer, number, hour),
  ]
  if (number === 1) statements.push(database.prepare(cleaned).bind(hour - forgotten))
  return database.batch(statements)
}
