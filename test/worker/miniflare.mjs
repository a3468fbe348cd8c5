// Runs a Worker in workerd, with R2 and D1 as Miniflare simulates them, until its
// standard input ends. The first line there says what to run; each later one asks
// something of D1 or R2, as JSON. Each is answered by a line.
import { createInterface } from 'node:readline'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Miniflare, Log, LogLevel } from 'miniflare'

const types = { '.mjs': 'ESModule', '.js': 'ESModule', '.wasm': 'CompiledWasm', '.bin': 'Data', '.txt': 'Text' }
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = value => process.stdout.write(JSON.stringify(value) + '\n')

const options = JSON.parse((await lines.next()).value)
const modules = readdirSync(options.dir)
  .filter(name => types[name.slice(name.lastIndexOf('.'))])
  .sort((a, b) => (b === options.entry) - (a === options.entry)) // the entry goes first
  .map(name => ({ type: types[name.slice(name.lastIndexOf('.'))], path: join(options.dir, name) }))
const worker = new Miniflare({
  modules, modulesRoot: options.dir, compatibilityDate: '2026-04-01',
  d1Databases: ['DB'], r2Buckets: ['FILES'], bindings: options.bindings ?? {},
  log: new Log(LogLevel.WARN), host: '127.0.0.1', port: 0, cf: false,
  d1Persist: false, r2Persist: false, cache: true, cachePersist: false,
})
const url = await worker.ready
const db = await worker.getD1Database('DB')
for (const name of readdirSync(options.migrations).filter(n => n.endsWith('.sql')).sort()) {
  const text = readFileSync(join(options.migrations, name), 'utf8').replace(/^--.*$/gm, '')
  await db.batch(text.split(';').map(s => s.trim()).filter(s => s).map(s => db.prepare(s)))
}
say({ url: url.href })

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
