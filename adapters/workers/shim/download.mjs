// A download: what core.wasm plans is looked up, what it decides is carried out.

import { catalogUnavailable, changed, found, item, noItem, noObject, resultFrame, storeUnavailable, stream } from './frame.mjs'
import { findFile } from './items.mjs'
import { multipart } from './multipart.mjs'
import { holds, open, read, release } from './r2.mjs'
import site from './site.mjs'

/** How many versions of an object are looked at before it counts as changing. */
const versions = 2

/**
 * Looks up what the plan of a request asks for and decides: { decision, body, file, cause }.
 * body is a stream if the decision delivers one, file says what it is of, cause is the
 * error behind a refusal. decide(state, object, file) asks the decision module.
 */
export async function download(env, plan, now, decide) {
  let file
  if (plan.lookup === item) {
    try {
      file = await findFile(env, plan.key, plan.field, now)
    } catch (cause) {
      return { decision: decide(catalogUnavailable), cause }
    }
    if (!file) return { decision: decide(noItem) }
  }
  const { store, key } = file ?? plan
  const bucket = env[site.stores[store]]
  if (!bucket || key === '') return { decision: decide(noObject), cause: bucket ? undefined : new Error(`no binding for the store "${store}"`) }
  const outcome = await fetchObject(bucket, key, plan.first, file, decide)
  return { ...outcome, file: { slug: file ? plan.key : '', store, key } }
}

async function fetchObject(bucket, key, first, file, decide) {
  let object
  try {
    object = await open(bucket, key, first)
    for (let n = 0; n < versions; n++) {
      if (!object) return { decision: decide(noObject) }
      const decision = decide(found, object, file)
      const span = decision.spans[0]
      if (decision.delivery !== stream) {
        release(object)
        return { decision }
      }
      if (!holds(object, span)) {
        release(object)
        object = await read(bucket, object, span)
        if (!object?.body) continue
      }
      const body = decision.spans.length > 1 ? multipart(bucket, object, decision) : object.body
      return { decision, body }
    }
  } catch (cause) {
    release(object)
    return { decision: decide(storeUnavailable), cause }
  }
  return { decision: decide(changed) }
}
