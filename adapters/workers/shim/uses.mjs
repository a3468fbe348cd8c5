// The uses of signed links and the downloads of items with a limit, counted in D1 as
// package sqlcat does.

import { notBegun, previewed, usedUp, usesUncounted } from './frame.mjs'
import site from './site.mjs'
import { within } from './within.mjs'

/** How long D1 may take in milliseconds. */
const patience = 4_000

/** For so many seconds what has expired is kept: longer than clocks differ. */
const kept = 3_600

// The whole of the limit is in the statement: D1 runs one after the other.
const count = `INSERT INTO uses (link, n, expires) VALUES (?1, 1, ?2)
  ON CONFLICT (link) DO UPDATE SET n = uses.n + 1, expires = excluded.expires WHERE uses.n < ?3`
const resume = `INSERT INTO resumes (link, client, until) SELECT ?1, ?2, ?3 WHERE changes() = 1
  ON CONFLICT (link, client) DO UPDATE SET until = excluded.until`
const forgotten = ['DELETE FROM uses WHERE expires < ?1', 'DELETE FROM resumes WHERE until < ?1']
const begun = 'SELECT 1 FROM resumes WHERE link = ?1 AND client = ?2 AND until > ?3'

let clean = false // whether this isolate has deleted what had expired

/**
 * Counts a download by a link with a use limit, or looks whether the client began the
 * download that it goes on with. It returns null if it may have the bytes, else the
 * state that says why not, and the error behind it. from is { address, previews, now }.
 */
export async function redeem(env, limit, decision, from) {
  if (!decision.counts && !decision.continues) return null
  if (decision.counts && from.previews) return { state: previewed }
  try {
    const database = env[site.catalog]
    const asked = decision.counts ? use(database, limit, from) : hasBegun(database, limit, from)
    if (await within(patience, asked)) return null
  } catch (cause) {
    return { state: usesUncounted, cause }
  }
  return { state: decision.counts ? limit.up ?? usedUp : notBegun }
}

async function use(database, { link, uses, expires }, { address, now }) {
  const second = Math.floor(now / 1000)
  const statements = [database.prepare(count).bind(link, expires, uses)]
  if (address) statements.push(database.prepare(resume).bind(link, address, second + site.resume))
  if (!clean) statements.push(...forgotten.map(text => database.prepare(text).bind(second - kept)))
  const [counted] = await database.batch(statements)
  clean = true
  return counted.meta.changes === 1
}

async function hasBegun(database, { link }, { address, now }) {
  if (!address) return false // an unknown client has begun nothing
  return await database.prepare(begun).bind(link, address, Math.floor(now / 1000)).first() !== null
}
