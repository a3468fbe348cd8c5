// What Go's runtime asks of WASI preview 1, for a module without files, arguments or
// random numbers. Nothing here touches crypto or timers, which are not to be had at
// global scope, where the module is instantiated.

const ok = 0
const badDescriptor = 8

/** Thrown by proc_exit: the instance is dead. */
export class Exited extends Error {}

/**
 * The imports of an instance. memory() is asked for anew each time, as it may grow;
 * environment are "NAME=value" strings for Go's runtime.
 */
export function wasi(memory, environment = []) {
  const view = () => new DataView(memory().buffer)
  const variables = environment.map(text => new TextEncoder().encode(text + '\0'))
  let line = ''

  function environSizesGet(count, bytes) {
    view().setUint32(count, variables.length, true)
    view().setUint32(bytes, variables.reduce((n, v) => n + v.length, 0), true)
    return ok
  }

  function environGet(pointers, bytes) {
    for (const v of variables) {
      view().setUint32(pointers, bytes, true)
      new Uint8Array(memory().buffer).set(v, bytes)
      pointers += 4
      bytes += v.length
    }
    return ok
  }

  function nothing(count, bytes) {
    view().setUint32(count, 0, true)
    view().setUint32(bytes, 0, true)
    return ok
  }

  // Go's clocks only serve its own scheduler: the time of a request is in its frame.
  function clockTimeGet(_id, _precision, result) {
    view().setBigUint64(result, BigInt(Date.now()) * 1_000_000n, true)
    return ok
  }

  // The seed of Go's hash tables, the same in every isolate (docs/adr: no table of
  // the module has keys that a client chooses).
  function randomGet(start, length) {
    const bytes = new Uint8Array(memory().buffer, start, length)
    for (let i = 0; i < length; i++) bytes[i] = (i * 151 + 43) & 255
    return ok
  }

  // What the runtime prints before it exits goes to the log, line by line.
  function fdWrite(descriptor, vectors, count, written) {
    let total = 0
    for (let i = 0; i < count; i++) {
      const start = view().getUint32(vectors + 8 * i, true)
      const length = view().getUint32(vectors + 8 * i + 4, true)
      line += new TextDecoder().decode(new Uint8Array(memory().buffer, start, length))
      total += length
    }
    const lines = line.split('\n')
    line = lines.pop()
    for (const text of lines) console.error('core.wasm: ' + text)
    view().setUint32(written, total, true)
    return ok
  }

  return {
    wasi_snapshot_preview1: {
      sched_yield: () => ok,
      proc_exit: code => { throw new Exited('core.wasm ended itself with code ' + code) },
      args_get: () => ok,
      args_sizes_get: nothing,
      clock_time_get: clockTimeGet,
      environ_get: environGet,
      environ_sizes_get: environSizesGet,
      fd_write: fdWrite,
      random_get: randomGet,
      // The runtime would sleep: nothing in the module waits, so something is wrong.
      poll_oneoff: () => { throw new Exited('core.wasm waits for something') },
      fd_close: () => badDescriptor,
      fd_fdstat_get: () => badDescriptor,
      fd_fdstat_set_flags: () => badDescriptor,
      fd_prestat_get: () => badDescriptor,
      fd_prestat_dir_name: () => badDescriptor,
    },
  }
}
