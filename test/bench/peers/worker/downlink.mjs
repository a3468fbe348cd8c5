// Downlink's own Worker, and how large the linear memory of its module is.
import worker from './worker.mjs'
import { ready } from './warm.mjs'

export default {
  fetch(request, env, ctx) {
    if (request.url.endsWith('/memory')) return new Response(String(ready(env).memory.length))
    return worker.fetch(request, env, ctx)
  },
}
