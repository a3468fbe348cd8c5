// Several ranges in one answer (multipart/byteranges): one stream, put together from
// one read of R2 for each range.

import { read } from './r2.mjs'

/**
 * The body: parts[i] before each span's bytes and the last part after them all. first
 * is an object with the first span's body. An object that changes meanwhile, or a read
 * that fails, cuts the body off; a client that leaves ends the read that is under way.
 */
export function multipart(bucket, first, { spans, parts }) {
  const length = parts.reduce((n, p) => n + p.length, 0) + spans.reduce((n, s) => n + s.length, 0)
  const { readable, writable } = new FixedLengthStream(length)
  assemble(writable, bucket, first, spans, parts).catch(async error => {
    await writable.abort(error).catch(() => {})
  })
  return readable
}

async function assemble(writable, bucket, first, spans, parts) {
  for (let i = 0; i < spans.length; i++) {
    await write(writable, parts[i])
    const object = i === 0 ? first : await read(bucket, first, spans[i])
    if (!object?.body) throw new Error('the object changed between two ranges')
    await object.body.pipeTo(writable, { preventClose: true })
  }
  await write(writable, parts[spans.length])
  await writable.close()
}

async function write(writable, bytes) {
  const writer = writable.getWriter()
  try {
    await writer.write(bytes)
  } finally {
    writer.releaseLock()
  }
}
