// Runs a Worker in workerd, with R2 and D1 as Miniflare simulates them, until its
// standard input ends. The first line there says what to run; each later one asks
// something of D1 or R2, as JSON. Each is answered by a line.
//
// Objects that are there from the start may say the ETag and the time of upload that R2
// is to have for them: these are written into the simulator's database between two
// runs of it.
import { createInterface } from 'node:readline'
import { readFileSync, readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Miniflare, Log, LogLevel } from 'miniflare'

const types = { '.mjs': 'ESModule', '.js': 'ESModule', '.wasm': 'CompiledWasm', '.bin': 'Data', '.txt': 'Text' }
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = value => process.stdout.write(JSON.stringify(value) + '\n')

const options = JSON.parse((await lines.next()).value)
const modules = readdirSync(options.dir)
  .filter(name => types[name.slice(name.lastIndexOf('.'))])
  .sort((a, b) => (b === options.entry) - (a === options.entry)) // the entry goes first
  .map(name => ({ type: types[name.slice(name.lastIndexOf('.'))], path: join(options.dir, name) }))
const setup = {
  modules, modulesRoot: options.dir, compatibilityDate: '2026-04-01',
  d1Databases: ['DB'], r2Buckets: ['FILES'], bindings: options.bindings ?? {},
  log: new Log(LogLevel.WARN), host: '127.0.0.1', port: 0, cf: false,
  unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  d1Persist: false, r2Persist: options.state ? join(options.state, 'r2') : false, cache: true, cachePersist: false,
}
let worker = new Miniflare(setup)
await putObjects(options.objects ?? [])
if (options.state) {
  await worker.dispose()
  pin(options.objects)
  worker = new Miniflare(setup)
}
const url = await worker.ready
const direct = await worker.unsafeGetDirectURL()
const db = await worker.getD1Database('DB')
for (const name of readdirSync(options.migrations).filter(n => n.endsWith('.sql')).sort()) {
  const text = readFileSync(join(options.migrations, name), 'utf8').replace(/^--.*$/gm, '')
  await db.batch(text.split(';').map(s => s.trim()).filter(s => s).map(s => db.prepare(s)))
}
say({ url: url.href, direct: direct.host })

for (;;) {
  const { value, done } = await lines.next()
  if (done) break
  const ask = JSON.parse(value)
  try {
    if (ask.query) say({ rows: (await db.prepare(ask.query).bind(...(ask.args ?? [])).all()).results })
    if (ask.put) {
      const bucket = await worker.getR2Bucket('FILES')
      const data = Uint8Array.from(Buffer.from(ask.data ?? '', 'base64')).buffer
      await bucket.put(ask.put, data, { httpMetadata: ask.fields ?? {} })
      say({ put: ask.put })
    }
  } catch (e) {
    say({ error: String(e) })
  }
}
await worker.dispose()

async function putObjects(objects) {
  const bucket = await worker.getR2Bucket('FILES')
  for (const o of objects) {
    await bucket.put(o.key, new Uint8Array(readFileSync(o.path)), { httpMetadata: o.httpMetadata ?? {} })
  }
}

function pin(objects) {
  const folder = join(options.state, 'r2', 'miniflare-R2BucketObject')
  for (const name of readdirSync(folder).filter(n => n.endsWith('.sqlite'))) {
    const database = new DatabaseSync(join(folder, name))
    const isBucket = database.prepare("SELECT 1 FROM sqlite_master WHERE name = '_mf_objects'").get()
    for (const o of isBucket ? objects : []) {
      database.prepare('UPDATE _mf_objects SET etag = ?, uploaded = ? WHERE key = ?').run(o.etag, o.uploaded, o.key)
      if (o.size) grow(database, o)
    }
    database.close()
  }
}

function grow(database, { key, size }) {
  const { blob_id } = database.prepare('SELECT blob_id FROM _mf_objects WHERE key = ?').get(key)
  truncateSync(join(options.state, 'r2', 'FILES', 'blobs', blob_id), size)
  database.prepare('UPDATE _mf_objects SET size = ? WHERE key = ?').run(size, key)
}
