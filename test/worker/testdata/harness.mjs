// The Worker with an R2 and a D1 that can fail, for requests that ask for it in
// X-Test-Fault, and with a look into it below /test/.
import worker from './worker.mjs'
import { found, requestFrame, resultFrame } from './frame.mjs'
import { ready } from './warm.mjs'

const seen = { operations: [] }

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/test/look') {
      const { memory } = ready(env)
      const wanted = searchParams.get('search')
      const answer = { ...seen, memory: memory.length, found: wanted ? search(memory, wanted) : 0 }
      seen.operations = []
      return Response.json(answer)
    }
    if (pathname === '/test/churn') {
      await churn(env, Number(searchParams.get('n')))
      return new Response('ok')
    }
    const fault = request.headers.get('x-test-fault') ?? ''
    return worker.fetch(request, { ...env, FILES: bucket(env.FILES, fault), DB: database(env.DB, fault) }, ctx)
  },
}

// Asks both questions n times, of requests that differ.
async function churn(env, n) {
  const core = ready(env)
  const object = await env.FILES.head('a.txt')
  for (let i = 0; i < n; i++) {
    const range = i % 3 ? '' : `bytes=${i % 90}-,0-1`
    const frame = requestFrame(i, [i, i], ['GET', `/files/${i}/${'x'.repeat(i % 200)}.txt`, '', '', '', '"x"', '', '', range, ''])
    core.plan(frame)
    core.decide(frame, resultFrame(found, object))
  }
}

function search(memory, text) {
  const bytes = new TextEncoder().encode(text)
  let count = 0
  for (let at = memory.indexOf(bytes[0]); at >= 0; at = memory.indexOf(bytes[0], at + 1)) {
    if (bytes.every((b, i) => memory[at + i] === b)) count++
  }
  return count
}

function bucket(real, fault) {
  let failures = { 'r2 fails once': 1, 'r2 fails twice': 2, 'r2 is down': Infinity }[fault] ?? 0
  let changes = { 'changes once': 1, 'changes always': Infinity }[fault] ?? 0
  const operation = async (name, key, options) => {
    seen.operations.push(name)
    if (failures-- > 0) throw new Error(name + ': We encountered an internal error. Please try again. (10001)')
    const object = await real[name](key, options)
    if (changes-- > 0) await real.put(key, 'another version ' + Math.random())
    if (fault === 'vanishes') await real.delete(key)
    return object
  }
  return {
    head: key => operation('head', key),
    get: (key, options) => operation('get', key, options),
  }
}

function database(real, fault) {
  if (fault === 'd1 is down') return { prepare: () => ({ bind: () => ({ first: async () => { throw new Error('D1_ERROR: down') } }) }) }
  if (fault === 'd1 is slow') return { prepare: () => ({ bind: () => ({ first: () => new Promise(() => {}) }) }) }
  return real
}
