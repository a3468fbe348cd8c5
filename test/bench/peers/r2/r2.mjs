// R2 for the Workers that are measured: answers what workerd's own binding for R2 asks
// (https://github.com/cloudflare/workerd, src/workerd/api/r2-api.capnp) out of memory.
// It knows whole objects alone, which is what is measured, and refuses everything else.
import objects from './objects.mjs'

const encoder = new TextEncoder()
const stored = new Map(objects.map(object => [object.key, answersFor(object)]))

// An answer is the description as JSON, for `get` followed by the bytes: a Blob, as a
// Response copies any other bytes. The copies of 10 MiB stayed until V8 collected them, up to
// 7 GB, and each took ten times as long to come by as all the rest of the request.
function answersFor({ key, etag, uploaded, bytes }) {
  const size = bytes.byteLength
  const head = encoder.encode(JSON.stringify({
    name: key, version: etag, size, etag, uploaded, httpFields: {}, customFields: [],
    range: { offset: 0, length: size }, checksums: { 0: etag },
  }))
  return { head, get: new Blob([head, bytes]), headers: { 'cf-r2-metadata-size': String(head.length) } }
}

function refuse(status, v4code, message) {
  return new Response(null, { status, headers: { 'cf-r2-error': JSON.stringify({ version: 1, v4code, message }) } })
}

export default {
  fetch(request) {
    const { method, object, range, rangeHeader, onlyIf = {} } = JSON.parse(request.headers.get('cf-r2-request'))
    if (method !== 'head' && method !== 'get' || range || rangeHeader || Object.keys(onlyIf).length > 0) {
      return refuse(501, 10001, 'This is only whole objects out of memory.')
    }
    const found = stored.get(object)
    if (!found) return refuse(404, 10007, 'The specified key does not exist.')
    return new Response(found[method], { headers: found.headers })
  },
}
