// The one instance of core.wasm in this isolate.

import module from './core.wasm'
import { Core } from './core.mjs'
import { secretsFrame } from './frame.mjs'
import site from './site.mjs'

const routes = Uint8Array.from(atob(site.routes), c => c.charCodeAt(0))

// It is made while the isolate starts, which costs no request anything. If that fails,
// every request tries again.
let core, locked
try {
  start()
} catch (error) {
  console.error('core.wasm does not start: ' + error)
}

function start() {
  core = undefined
  core = new Core(module, routes)
  locked = Object.keys(site.secrets).length > 0
}

/**
 * The instance, a new one if need be, with the keys of links that env has. It throws if
 * there is none to be had.
 */
export function ready(env) {
  if (!core || core.broken) start()
  if (locked) unlock(env)
  return core
}

// Routes that require a link are answered 403 if a key cannot be used.
function unlock(env) {
  locked = false
  try {
    const keys = Object.entries(site.secrets).filter(([, binding]) => env[binding])
    core.unlock(secretsFrame(keys.map(([id, binding]) => [id, env[binding].trim()])))
  } catch (error) {
    console.error('no signed link is accepted: ' + error.message)
  }
}
