// A Worker as one would write it by hand, with the ranges and conditions that R2's own
// binding has: what Downlink is measured against.
export default {
  async fetch(request, env) {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response('Method not allowed', { status: 405, headers: { Allow: 'GET, HEAD' } })
    }
    const { pathname } = new URL(request.url)
    if (!pathname.startsWith('/files/')) return new Response('Not found', { status: 404 })
    const key = decodeURIComponent(pathname.slice('/files/'.length))
    const object = request.method === 'HEAD'
      ? await env.FILES.head(key)
      : await env.FILES.get(key, { onlyIf: request.headers, range: request.headers })
    if (!object) return new Response('Not found', { status: 404 })
    const headers = new Headers()
    object.writeHttpMetadata(headers)
    headers.set('ETag', object.httpEtag)
    headers.set('Last-Modified', object.uploaded.toUTCString())
    headers.set('Accept-Ranges', 'bytes')
    headers.set('Cache-Control', 'private, no-cache')
    headers.set('X-Content-Type-Options', 'nosniff')
    headers.set('Content-Disposition', `attachment; filename="${key.split('/').pop()}"`)
    if (request.method === 'HEAD') {
      headers.set('Content-Length', object.size)
      return new Response(null, { headers })
    }
    if (!object.body) {
      const passed = request.headers.has('if-none-match') || request.headers.has('if-modified-since')
      return new Response(null, { status: passed ? 304 : 412, headers })
    }
    if (!request.headers.has('range')) return new Response(object.body, { headers })
    const { offset, length } = object.range
    headers.set('Content-Range', `bytes ${offset}-${offset + length - 1}/${object.size}`)
    return new Response(object.body, { status: 206, headers })
  },
}
