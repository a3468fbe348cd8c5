// A download: what core.wasm plans is looked up, what it decides is carried out.

import { Fault } from './core.mjs'
import { catalogUnavailable, changed, found, item, noItem, noObject, storeUnavailable, stream } from './frame.mjs'
import { findFile, limitOf } from './items.mjs'
import { multipart } from './multipart.mjs'
import { holds, open, read, release } from './r2.mjs'
import site from './site.mjs'
import { redeem } from './uses.mjs'

/** The longest key of R2. */
const longestKey = 1024

/** How many versions of an object are looked at before it counts as changing. */
const versions = 2

/**
 * Looks up what the plan of a request asks for and decides: { decision, body, file, cause }.
 * body is a stream if the decision delivers one, file then says what it is of, cause is the
 * error behind a refusal. decide(state, object, file) asks the decision module; from()
 * says who asks, as redeem needs it.
 */
export async function download(env, plan, now, decide, from) {
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
  if (!bucket) return { decision: decide(noObject, null, file), cause: new Error(`no bucket is bound for the store "${store}"`) }
  if (key === '' || key.length > longestKey) return { decision: decide(noObject, null, file) }
  const of = { slug: file ? countedAs(plan.key, plan.field) : '', store, key }
  let object
  try {
    object = await open(bucket, key, plan.first)
    for (let n = 0; n < versions; n++) {
      if (!object) return { decision: decide(noObject, null, file) }
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
      const refused = await useAll(env, [plan.limit, file && limitOf(plan.key, plan.field, file)], decision, from)
      if (refused) {
        release(object)
        return { decision: decide(refused.state), cause: refused.cause }
      }
      const body = decision.spans.length > 1 ? multipart(bucket, object, decision) : object.body
      return { decision, body, file: of }
    }
  } catch (cause) {
    release(object)
    if (cause instanceof Fault) throw cause // of decide, and not of R2
    return { decision: decide(storeUnavailable), cause }
  }
  return { decision: decide(changed) }
}

// What a download is counted as: a further file of an item is not the item.
function countedAs(slug, field) {
  return field === '' || field === 'file' ? slug : slug + '/' + field
}

// Counts a download where there is a limit, that of the link first: one that is used
// up does not use up the item.
async function useAll(env, limits, decision, from) {
  for (const limit of limits) {
    const refused = limit && await redeem(env, limit, decision, from())
    if (refused) return refused
  }
}
