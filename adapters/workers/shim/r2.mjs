// R2 as downloads need it: look, look and begin to read, read a range of the version
// that was looked at.

/** How often an operation is tried before R2 counts as not answering. */
const tries = 3

/**
 * The operation's promise, which is tried again if it fails; pauses are 20 to 60 ms, then
 * twice that. What succeeds at once costs nothing more.
 */
const persist = operation => operation().catch(error => again(operation, error))

async function again(operation, error) {
  for (let n = 1; n < tries; n++) {
    await scheduler.wait(n * (20 + 40 * Math.random()))
    try {
      return await operation()
    } catch (e) {
      error = e
    }
  }
  throw error
}

/** The R2Object at key without its bytes; null if there is none. */
export const head = (bucket, key) => persist(() => bucket.head(key))

/**
 * Looks at the object at key and, in the same operation, begins to read the span that
 * the request most likely wants (core.FirstSpan; length -1: to the end, 0: nothing).
 * The object has a body then, and says in `range` what it is of.
 */
export function open(bucket, key, first) {
  if (first.length === 0) return head(bucket, key)
  if (first.offset === 0 && first.length < 0) return persist(() => bucket.get(key))
  const range = first.length < 0 ? { offset: first.offset } : first
  // R2 throws if the object ends before the range begins.
  return bucket.get(key, { range }).catch(() => head(bucket, key))
}

/**
 * The spans' bytes of the version of object: an object with a body; without one if it
 * was replaced meanwhile; null if it is gone. No span is the whole.
 */
export function read(bucket, object, span) {
  const onlyIf = { etagMatches: object.etag }
  return persist(() => bucket.get(object.key, span ? { onlyIf, range: span } : { onlyIf }))
}

/** Whether the body of object is exactly that of a span, or of no span all of it. */
export function holds(object, span) {
  if (!object.body) return false
  const offset = object.range?.offset ?? 0
  const length = object.range?.length ?? object.size - offset
  return span ? offset === span.offset && length === span.length : offset === 0 && length === object.size
}

/** Lets go of a body that nobody will read. */
export function release(object) {
  object?.body?.cancel().catch(() => {})
}
