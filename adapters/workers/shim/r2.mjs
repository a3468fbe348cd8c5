// R2 as downloads need it: look, look and begin to read, read a range of the version
// that was looked at.

/** How often an operation is tried before R2 counts as not answering. */
const tries = 3

/** Calls operation until it does not throw; pauses are 20 to 60 ms, then twice that. */
async function persist(operation) {
  for (let n = 1; ; n++) {
    try {
      return await operation()
    } catch (error) {
      if (n === tries) throw error
      await scheduler.wait(n * (20 + 40 * Math.random()))
    }
  }
}

/** The R2Object at key without its bytes; null if there is none. */
export function head(bucket, key) {
  return persist(() => bucket.head(key))
}

/**
 * Looks at the object at key and, in the same operation, begins to read the span that
 * the request most likely wants (core.FirstSpan; length -1: to the end, 0: nothing).
 * The object has a body then, and says in `range` what it is of.
 */
export async function open(bucket, key, first) {
  if (first.length === 0) return head(bucket, key)
  if (first.offset === 0 && first.length < 0) return persist(() => bucket.get(key))
  const range = first.length < 0 ? { offset: first.offset } : first
  try {
    return await bucket.get(key, { range })
  } catch {
    return head(bucket, key) // R2 throws if the object ends before the range begins
  }
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
