// A Worker that has the pages only.
import { forgetPages, pages } from './pages.mjs'

export default {
  async fetch(request, env, ctx) {
    if (request.method === 'PURGE') {
      await forgetPages(new URL(request.url).origin)
      return new Response('forgotten')
    }
    return pages(request, env, ctx) ?? new Response('no page', { status: 404 })
  },
}
