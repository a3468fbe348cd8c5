// The entry of the Cloudflare Worker. core.wasm decides, R2 moves the bytes, and this
// file is between them. It keeps nothing of a request: a stream, a promise or a binding
// in a global would be used on behalf of another request.

import { Fault } from './core.mjs'
import { count } from './counts.mjs'
import { download } from './download.mjs'
import { answered, found, requestFrame, resultFrame, stream } from './frame.mjs'
import { fits, keep, recall } from './hot.mjs'
import { pages } from './pages.mjs'
import { ready } from './warm.mjs'

export default {
  async fetch(request, env, ctx) {
    try {
      ready(env)
    } catch (cause) {
      return refuse(request, 503, cause)
    }
    try {
      const page = pages(request, env, ctx)
      if (page) return await page
      const now = Date.now()
      const texts = textsOf(request)
      const hot = recall(texts)
      let frame
      const question = () => frame ??= requestFrame(now, nonceFor(texts), texts)
      const plan = hot?.plan ?? ready(env).plan(question())
      if (plan.lookup === answered) return respond(request, plan.decision, null)
      const decide = (state, object, file) => {
        if (state === found && fits(hot, object, file)) return hot.decision
        const decision = ready(env).decide(question(), resultFrame(state, object, file))
        if (decision.delivery === stream) keep(texts, plan, object, file, decision)
        return decision
      }
      const from = () => ({ now, address: request.headers.get('cf-connecting-ip') ?? '', previews: previews(request, env) })
      const { decision, body, file, cause } = await download(env, plan, now, decide, from)
      if (decision.counts && file.slug) countLater(request, env, ctx, { ...file, at: now })
      return respond(request, decision, body, cause)
    } catch (cause) {
      return refuse(request, 500, cause)
    }
  },
}

// A download of a file that is no item's is not counted anywhere.
function countLater(request, env, ctx, file) {
  if (ahead(request.headers)) return
  const { robot, previews } = ready(env).agent(request.headers.get('user-agent') ?? '')
  ctx.waitUntil(count(env, ctx, { ...file, robot: robot || previews }).catch(error => report(request, 0, error)))
}

// A browser that fetches ahead may never show it to anybody.
function ahead(headers) {
  return ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some(name => /prefetch|prerender|preview|instant/i.test(headers.get(name)))
}

/** Whether nobody asked for the file: a browser is ahead, or a link is shown. */
function previews({ headers }, env) {
  return ahead(headers) || ready(env).agent(headers.get('user-agent') ?? '').previews
}

const noNonce = new Uint32Array(2)

// Only several ranges need one: it makes the boundary between them.
function nonceFor(texts) {
  return texts[8].includes(',') ? crypto.getRandomValues(new Uint32Array(2)) : noNonce
}

/** What core.Request has of a request, in the order of requestFrame. */
function textsOf({ headers, method, url }) {
  const field = name => headers.get(name)?.trim() ?? '' // workerd leaves spaces at the end
  const [path, query] = targetOf(url)
  return [
    method, path, query, field('cf-connecting-ip'),
    field('if-match'), field('if-none-match'), field('if-modified-since'), field('if-unmodified-since'),
    field('range'), field('if-range'),
  ]
}

// Path and query as they were sent, less the dot segments that workerd takes out
// itself. new URL() would change more.
function targetOf(url) {
  const question = url.indexOf('?')
  const end = question < 0 ? url.length : question
  const start = url.indexOf('/', url.indexOf('//') + 2)
  return [start < 0 || start > end ? '/' : url.slice(start, end), url.slice(end + 1)]
}

/** Carries a decision out. body is a stream for a decision that delivers one. */
function respond(request, decision, body, cause) {
  const { status, fields } = decision
  if (status >= 500) fields['X-Request-Id'] = report(request, status, cause ?? decision.reason)
  if (request.method === 'HEAD' || status === 304) body = null
  else body ??= decision.message
  const response = { status, headers: fields }
  if (fields['Content-Encoding']) response.encodeBody = 'manual' // the bytes are encoded already
  return new Response(body, response)
}

const sentences = {
  500: 'Internal error: the request failed, and the cause was logged.\n',
  503: 'Service unavailable: the file cannot be sent now, try again later.\n',
}

/** The answer of a Worker whose decision module is not there to ask. */
function refuse(request, status, cause) {
  return new Response(request.method === 'HEAD' ? null : sentences[status], {
    status,
    headers: {
      'Cache-Control': 'no-store',
      'Content-Length': String(sentences[status].length),
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      'X-Request-Id': report(request, status, cause),
      ...(status === 503 && { 'Retry-After': '5' }),
    },
  })
}

/** Logs a failure under an id, which it returns. The query is left out: it may hold a signature. */
function report(request, status, cause) {
  const id = request.headers.get('cf-ray') ?? crypto.randomUUID()
  console.error(JSON.stringify({
    id, method: request.method, path: targetOf(request.url)[0], status,
    cause: cause instanceof Fault ? cause.message : String(cause?.stack ?? cause),
  }))
  return id
}
