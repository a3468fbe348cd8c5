// The ordinary pages: the index, as HTML and as JSON, and the health check. Each that
// the cache does not have is made by an instance of pages.wasm of its own, which
// lives no longer than that.

import { within } from './within.mjs'

/** As package page has them; a test compares. */
export const paths = ['/', '/index.json', '/healthz']

/** How long a page is kept in seconds. An edit shows after that at the latest. */
const life = 30

/** How many instances an isolate has at a time: each takes some 10 MB of its 128. */
const most = 4

/** How long a page may take in milliseconds, and how long it may wait to begin. */
const patience = 5_000
const queue = 2_000

/** The response to a request for a page, undefined if it is for something else. */
export function pages(request, env, ctx) {
  const url = new URL(request.url)
  if (paths.includes(url.pathname)) return answer(request, url, env, ctx)
}

/** Has no cache here keep the pages of a site any longer. origin is such as "https://example.org". */
export async function forgetPages(origin) {
  await Promise.all(paths.map(path => caches.default.delete(origin + path)))
}

async function answer(request, url, env, ctx) {
  const reads = request.method === 'GET' || request.method === 'HEAD'
  const key = url.origin + url.pathname
  let page = reads ? await caches.default.match(key) : undefined
  if (page) {
    page = new Response(page.body, page)
    page.headers.set('Cache-Control', 'no-cache')
  } else {
    page = await made(new Request(key, { method: reads ? 'GET' : request.method, headers: request.headers }), env, ctx)
    if (reads && page.status === 200 && page.headers.get('Cache-Control') !== 'no-store') {
      ctx.waitUntil(keep(key, page.clone()))
    }
  }
  return request.method === 'HEAD' ? new Response(null, page) : page
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

const refused = (status, text, fields) => new Response(text, {
  status,
  headers: {
    'Cache-Control': 'no-store', 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff', ...fields,
  },
})

const failed = () => refused(500, 'Internal error: the request failed, and the cause was logged.\n')
const unavailable = () => refused(503, 'Service unavailable: try again later.\n', { 'Retry-After': '5' })
