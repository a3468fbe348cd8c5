// An instance of pages.wasm for one request. This module, and with it the Wasm, is
// loaded when the first page is asked for.

import './wasm_exec.js'
import module from './pages.wasm'
import offer from './offer.mjs'

/**
 * The response to a request without a body. It throws if the instance ends before it
 * has answered.
 */
export async function run(request, env, ctx) {
  const go = new globalThis.Go()
  let code = 0
  go.exit = value => { code = value }
  let ready
  const started = new Promise(resolve => { ready = resolve })
  const instance = new WebAssembly.Instance(module, { ...go.importObject, workers: { ready } })
  const binding = {}
  // syumai/workers takes its context from a global, while the instance starts: that
  // is before go.run gives control back, so that no other request sees it.
  globalThis.context = { env, ctx, binding, offer }
  const ended = go.run(instance).then(() => { throw new Error(`pages.wasm ended with ${code}`) })
  delete globalThis.context
  ended.catch(() => {})
  await Promise.race([started, ended])
  const response = await Promise.race([binding.handleRequest(request), ended])
  return new Response(await response.arrayBuffer(), response)
}
