// Decisions about files that are asked for again and again. The decision module is a
// function: the same question has the same answer, and asking takes it 10 µs. What is kept
// depends on nothing but the path and the version of the object: of a GET without query
// (so without a signed link), conditions and ranges, that is answered with the file.

/** How many paths are kept, and how long they may be. */
const most = 500
const longest = 512

// Plain data only: nothing in it belongs to a request. What was there longest goes first.
const known = new Map()

/** What is kept for the texts of a request (see requestFrame); undefined if nothing is. */
export function recall(texts) {
  return plain(texts) ? known.get(texts[1]) : undefined
}

/**
 * Keeps a decision to send the whole of an object; file is the item's, if it is one. One
 * about an item that will expire is good at one time only.
 */
export function keep(texts, plan, object, file, decision) {
  const path = texts[1]
  if (!plain(texts) || path.length > longest || !object.version || file?.expires) return
  known.delete(path)
  known.set(path, { plan, version: object.version, file, decision })
  if (known.size > most) known.delete(known.keys().next().value)
}

/** Whether what is kept is about this version of the object, and this file of the item. */
export function fits(hot, object, file) {
  return hot !== undefined && hot.version === object.version && hot.file === file
}

// The fourth text, the client's address, matters to signed links alone.
function plain([method, , query, , ...fields]) {
  return method === 'GET' && query === '' && fields.every(value => value === '')
}
