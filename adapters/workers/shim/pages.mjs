// The ordinary pages: the index, as HTML and as JSON, and the health check. Each that
// the cache does not have is made by an instance of pages.wasm of its own, which
// lives no longer than that.

import { within } from './within.mjs'

/** As package page has them; a test compares. */
export const paths = ['/', '/index.json', '/feed.atom', '/healthz']
const health = '/healthz'

/** How long a page is kept in seconds. An edit shows after that at the latest. */
const life = 30

/** How many instances an isolate has at a time: each takes some 10 MB of its 128. */
const most = 4

/** How long a page may take in milliseconds, and how long it may wait to begin. */
const patience = 5_000
const queue = 2_000

/** The response to a request for a page, undefined if it is for something else. */
export function pages(request, env, ctx) {
  const { url } = request
  const start = url.indexOf('/', url.indexOf('//') + 2)
  const end = url.indexOf('?', start)
  const path = end < 0 ? url.slice(start) : url.slice(start, end)
  if (paths.includes(path)) return answer(request, url.slice(0, start), path, end < 0 ? '' : url.slice(end + 1), env, ctx)
}

/** What a page reads of a query, in one order: any other query is the same page. */
const known = ['category', 'q', 'order', 'after']

function asked(query) {
  const given = new URLSearchParams(query)
  const read = new URLSearchParams(known.filter(name => given.get(name)).map(name => [name, given.get(name)]))
  return read.size > 0 ? '?' + read : ''
}

async function answer(request, origin, path, query, env, ctx) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return sentence(405, notAllowed, { Allow: 'GET, HEAD' })
  const page = path === health ? sentence(200, 'ok\n') : await listing(request, origin + path + (query && asked(query)), env, ctx)
  return request.method === 'HEAD' ? new Response(null, page) : page
}

async function listing(request, key, env, ctx) {
  const kept = await caches.default.match(key).catch(() => undefined) // not every site has a cache
  if (kept) {
    const page = new Response(kept.body, kept)
    page.headers.set('Cache-Control', 'no-cache')
    return unlessHad(request, page)
  }
  // The whole page is made, also for a client who has it: the next one may not.
  const headers = new Headers(request.headers)
  headers.delete('If-None-Match')
  const page = await made(new Request(key, { headers }), env, ctx)
  if (page.status === 200 && page.headers.get('Cache-Control') !== 'no-store') ctx.waitUntil(keep(key, page.clone()))
  return unlessHad(request, page)
}

// The page, or 304 to a client who has it.
function unlessHad(request, page) {
  const tag = page.headers.get('ETag')
  const had = tag && request.headers.get('If-None-Match')?.split(',').some(one => one.trim().replace(/^W\//, '') === tag)
  if (!had) return page
  page.body?.cancel()
  const headers = new Headers(page.headers)
  for (const name of ['Content-Length', 'Content-Type']) headers.delete(name)
  return new Response(null, { status: 304, headers })
}

async function keep(key, page) {
  page.headers.set('Cache-Control', `public, max-age=${life}`)
  await caches.default.put(key, page)
}

// A page that was begun is finished, also when the client has gone: an instance that is
// left waiting would never end.
async function made(request, env, ctx) {
  try {
    if (!await begin()) return unavailable()
    const page = instance(request, env, ctx).finally(end)
    ctx.waitUntil(page.catch(() => {}))
    return await within(patience, page)
  } catch (cause) {
    console.error(`${request.method} ${new URL(request.url).pathname}: ${cause?.stack ?? cause}`)
    return failed()
  }
}

async function instance(request, env, ctx) {
  const { run } = await import('./instance.mjs')
  return run(request, env, ctx)
}

// When the instances of this isolate began. One whose request was ended from outside
// is forgotten after a while.
let running = []

async function begin() {
  for (let waited = 0; waited < queue; waited += 20) {
    const now = Date.now()
    running = running.filter(began => now - began < 2 * patience)
    if (running.length < most) {
      running.push(now)
      return true
    }
    await scheduler.wait(20)
  }
  return false
}

function end() { running.shift() }

// A short answer that nobody keeps. Health and refusals are made here: an instance
// would cost thousands of times as much.
const sentence = (status, text, fields) => new Response(text, {
  status,
  headers: {
    'Cache-Control': 'no-store', 'Content-Length': String(text.length), 'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff', ...fields,
  },
})

const notAllowed = 'Method not allowed: use GET or HEAD.\n'
const failed = () => sentence(500, 'Internal error: the request failed, and the cause was logged.\n')
const unavailable = () => sentence(503, 'Service unavailable: the file cannot be sent now, try again later.\n', { 'Retry-After': '5' })
