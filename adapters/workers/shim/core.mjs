// core.wasm as an object: two synchronous questions, no I/O.

import { maxFrame, readDecision, readPlan } from './frame.mjs'
import { wasi } from './wasi.mjs'

// What is alive is the site's routes and one answer. With 25 linear memory stays at 5.7 MB,
// with Go's own 100 it grows to 8; the time a request takes is the same.
const environment = ['GOGC=25']

/** A question has no answer. */
export class Fault extends Error {}

/** A panic of Go that was caught inside: the instance is as good as before. */
export class Panic extends Fault {}

/**
 * A warm instance of the decision module. A call that throws anything but Panic, or
 * that never came back (the platform ends a request that takes too long wherever it
 * is), leaves the instance in a state that nobody knows: `broken` says so, and
 * it is not to be used again.
 */
export class Core {
  broken = false
  #exports
  #memory
  #input
  #bytes

  /** module is a WebAssembly.Module, routes the site's frame for configure. */
  constructor(module, routes) {
    let exports
    const instance = new WebAssembly.Instance(module, wasi(() => exports.memory, environment))
    exports = this.#exports = instance.exports
    this.#memory = exports.memory
    exports._initialize()
    this.#input = exports.input()
    this.#ask(exports.configure, routes)
  }

  /** All of linear memory. */
  get memory() { return this.#view() }

  /** Sets the keys of signed links. */
  unlock(secrets) { this.#ask(this.#exports.unlock, secrets) }

  /** The plan of a request. */
  plan(request) { return readPlan(this.#ask(this.#exports.plan, request)) }

  /** The decision about a request and what was found. */
  decide(request, result) { return readDecision(this.#ask(this.#exports.decide, request, result)) }

  /** Whether a User-Agent names a robot, and whether it names a program that previews links. */
  agent(userAgent) {
    const [robot, previews] = this.#ask(this.#exports.agent, new TextEncoder().encode(userAgent.slice(0, 512)))
    return { robot: robot === 1, previews: previews === 1 }
  }

  #ask(question, first, second) {
    const length = first.length + (second ? second.length : 0)
    if (length > maxFrame) throw new Panic('a frame is too long')
    this.broken = true
    let bytes = this.#view()
    bytes.set(first, this.#input)
    if (second) bytes.set(second, this.#input + first.length)
    let n, start
    try {
      n = question(length)
      start = this.#exports.output()
    } catch (cause) {
      throw new Fault('core.wasm broke: ' + cause, { cause })
    }
    this.broken = false
    bytes = this.#view()
    if (n < 0) throw new Panic(new TextDecoder().decode(bytes.subarray(start, start - n - 1)))
    return bytes.subarray(start, start + n)
  }

  // Linear memory that grew has another buffer.
  #view() {
    if (this.#bytes?.buffer !== this.#memory.buffer) this.#bytes = new Uint8Array(this.#memory.buffer)
    return this.#bytes
  }
}
