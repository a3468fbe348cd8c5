// A Worker that has the pages only.
import { pages, paths } from './pages.mjs'

export default {
  async fetch(request, env, ctx) {
    if (request.method === 'PURGE') {
      await Promise.all(paths.map(path => caches.default.delete(new URL(path, request.url))))
      return new Response('forgotten')
    }
    return pages(request, env, ctx) ?? new Response('no page', { status: 404 })
  },
}
