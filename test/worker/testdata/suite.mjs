// Runs a Go test binary inside a request and answers with what it prints.
let output = ''
const decoder = new TextDecoder()
const no = (...args) => args.at(-1)(Object.assign(new Error('not implemented'), { code: 'ENOSYS' }))
globalThis.fs = new Proxy({
  constants: { O_WRONLY: -1, O_RDWR: -1, O_CREAT: -1, O_TRUNC: -1, O_APPEND: -1, O_EXCL: -1, O_DIRECTORY: -1 },
  writeSync(fd, bytes) { output += decoder.decode(bytes); return bytes.length },
  write(fd, bytes, offset, length, position, done) { done(null, this.writeSync(fd, bytes)) },
}, { get: (target, name) => target[name] ?? no })

import module from './suite.wasm'

export default {
  async fetch(request, env, ctx) {
    await import('./wasm_exec.js')
    const go = new Go()
    go.argv = ['suite', '-test.v', '-test.run=' + (new URL(request.url).searchParams.get('run') ?? '.')]
    go.exit = code => { output += `exit ${code}\n` }
    const instance = new WebAssembly.Instance(module, { ...go.importObject, workers: { ready() {} } })
    globalThis.context = { env, ctx, binding: {} }
    const run = go.run(instance)
    delete globalThis.context
    await run
    return new Response(output)
  },
}
