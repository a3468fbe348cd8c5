// The JavaScript side of package wire: requests and results into frames of bytes,
// frames into plans and decisions. The order of things is that of wire/*.go.

/** The longest frame in bytes: wire.MaxFrame. */
export const maxFrame = 192 << 10

/** core.Delivery */
export const stream = 1

/** core.Lookup */
export const answered = 0
export const item = 3

/** wire.State */
export const found = 0
export const noObject = 1
export const storeUnavailable = 2
export const changed = 3
export const noItem = 4
export const catalogUnavailable = 5
export const usedUp = 6
export const previewed = 7
export const notBegun = 8
export const usesUncounted = 9
export const downloadedUp = 10

/** The request or what was found does not fit a frame. */
export class TooLong extends Error {}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const scratch = new Uint8Array(maxFrame)
const view = new DataView(scratch.buffer)

/** Writes the lengths of the texts at `at` and then their bytes; returns where they end. */
function putTexts(at, texts) {
  let end = at + 4 * texts.length
  for (const text of texts) {
    const length = putText(end, text)
    view.setUint32(at, length, true)
    at += 4
    end += length
  }
  return end
}

/** Writes a string as UTF-8, or bytes as they are. */
function putText(at, text) {
  if (3 * text.length > maxFrame - at) throw new TooLong('too long for the decision module')
  if (typeof text !== 'string') {
    scratch.set(text, at)
    return text.length
  }
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c > 127) return encoder.encodeInto(text, scratch.subarray(at)).written
    scratch[at + i] = c
  }
  return text.length
}

/**
 * The frame of a request: texts are method, path, query and client's address, and the
 * values of If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, Range and
 * If-Range, '' for none.
 */
export function requestFrame(now, nonce, texts) {
  view.setFloat64(0, now, true)
  view.setUint32(8, nonce[0], true)
  view.setUint32(12, nonce[1], true)
  return scratch.slice(0, putTexts(16, texts))
}

/** The frame of the keys of signed links: pairs of id and secret. */
export function secretsFrame(pairs) {
  view.setUint32(0, pairs.length, true)
  return scratch.slice(0, pairs.reduce(putTexts, 4))
}

const inlineFlag = 1
const modifiedFlag = 4
const draftFlag = 8
const noFile = {
  inline: 0, draft: 0, size: 0, modified: 0, publish: 0, expires: 0, key: '', name: '', mediaType: '', encoding: '', charset: '', etag: '', digest: '',
}

/**
 * The frame of what came of a plan: a state, the R2Object (if found) and the item's
 * file (if the plan was an item).
 */
export function resultFrame(state, object, file = noFile) {
  const http = object?.httpMetadata
  scratch[0] = state
  scratch[1] = (file.inline ? inlineFlag : 0) | (object ? modifiedFlag : 0) | (file.draft ? draftFlag : 0)
  view.setFloat64(2, object ? object.size : 0, true)
  view.setFloat64(10, object ? object.uploaded.getTime() : 0, true)
  view.setFloat64(18, file.size, true)
  view.setFloat64(26, file.modified, true)
  view.setFloat64(34, file.publish, true)
  view.setFloat64(42, file.expires, true)
  const end = putTexts(50, [
    object ? object.httpEtag : '', http?.contentType ?? '', http?.contentEncoding ?? '',
    file.key, file.name, file.mediaType, file.encoding, file.charset, file.etag, file.digest,
  ])
  return scratch.subarray(0, end)
}

/**
 * Reads a plan: { lookup: answered, decision }, or what to look up and the span that
 * will most likely be read first (core.FirstSpan): { lookup, first, store, key, field }.
 */
export function readPlan(bytes) {
  if (bytes[0] === answered) return { lookup: answered, decision: readDecision(bytes.subarray(1)) }
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const first = { offset: data.getFloat64(1, true), length: data.getFloat64(9, true) }
  const [store, key, field, link, uses, expires] = decoder.decode(bytes.subarray(17)).split('\n')
  const limit = link && { link, uses: Number(uses), expires: Number(expires) }
  return { lookup: bytes[0], first, store, key, field, limit }
}

/**
 * Reads a decision. fields has each field's value by its name, the quickest form to
 * make a Response of; parts, for several spans, the bytes before each of them and
 * after the last. Nothing in it is a view of the module's memory.
 */
export function readDecision(bytes) {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const spans = []
  let at = 8
  for (let n = data.getUint32(4, true); n > 0; n--, at += 16) {
    spans.push({ offset: data.getFloat64(at, true), length: data.getFloat64(at + 8, true) })
  }
  const lines = at + 12
  const message = lines + data.getUint32(at, true)
  const parts = message + data.getUint32(at + 4, true)
  const text = decoder.decode(bytes.subarray(lines, message)).split('\n')
  const fields = {}
  for (let i = 1; i < text.length; i += 2) fields[text[i]] = text[i + 1]
  return {
    status: data.getUint16(0, true),
    delivery: bytes[2],
    counts: (bytes[3] & 1) !== 0,
    continues: (bytes[3] & 2) !== 0,
    spans, reason: text[0], fields,
    message: message < parts ? decoder.decode(bytes.subarray(message, parts)) : null,
    parts: spans.length > 1 ? readParts(bytes.slice(parts)) : none,
  }
}

const none = []

function readParts(bytes) {
  const parts = []
  const data = new DataView(bytes.buffer)
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + data.getUint32(at, true)
    parts.push(bytes.subarray(at + 4, end))
    at = end
  }
  return parts
}
