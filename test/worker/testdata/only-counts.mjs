// A Worker that counts what it is told to, over a database that fails as it is told to.
import { count } from './counts.mjs'

let attempts = 0

// Of three batches one does not reach the database, and of one nobody learns that it did.
function failing(database) {
  return {
    prepare: text => database.prepare(text),
    async batch(statements) {
      const attempt = attempts++ % 3
      if (attempt === 0) throw new Error('lost on the way')
      const result = await database.batch(statements)
      if (attempt === 1) throw new Error('the answer was lost')
      return result
    },
  }
}

export default {
  async fetch(request, env, ctx) {
    const { searchParams: asked } = new URL(request.url)
    const database = asked.has('failing') ? failing(env.DB) : env.DB
    const download = { slug: asked.get('slug'), at: Number(asked.get('at')), robot: asked.has('robot') }
    const stored = count({ DB: database }, ctx, download)
    ctx.waitUntil(stored.catch(error => console.error(String(error))))
    if (asked.has('wait')) await stored
    return new Response(asked.has('wait') ? 'stored' : 'came')
  },
}
