// Instantiates the decision module once and asks it several times.
import { readFileSync } from 'node:fs'
import { WASI } from 'node:wasi'

const wasi = new WASI({ version: 'preview1' })
const vectors = JSON.parse(readFileSync(new URL('../../../core/link/testdata/vectors.json', import.meta.url)))
const module = await WebAssembly.compile(readFileSync(process.argv[2]))
const instance = await WebAssembly.instantiate(module, wasi.getImportObject())
wasi.initialize(instance)
const { address, answer, memory } = instance.exports

// A token of the test vectors of signed links.
function vector(name) {
  return vectors.sign.find((v) => v.name === name).token
}

function ask(method, path, range, ifNoneMatch, size) {
  const text = new TextEncoder().encode([method, path, range, ifNoneMatch, size].join('\n'))
  new Uint8Array(memory.buffer, address(), text.length).set(text)
  const n = answer(text.length)
  return new TextDecoder().decode(new Uint8Array(memory.buffer, address(), n))
}

for (const request of [
  ['GET', '/files/a%20b.pdf', '', '', '1000'],
  ['GET', '/files/a%20b.pdf', 'bytes=-10', '', '1000'],
  ['GET', '/files/a%20b.pdf', 'bytes=2000-', '', '1000'],
  ['HEAD', '/files/a%20b.pdf', '', '"6553f100-3e8"', '1000'],
  ['GET', '/files/..%2fpasswd', '', '', '1000'],
  ['DELETE', '/files/a.pdf', '', '', '1000'],
  ['GET', '/files/none', '', '', 'missing'],
  ['GET', '/d/report', 'bytes=0-9', '*', '1000'],
  ['GET', `/d/report?link=${vector('file name and inline')}`, 'bytes=0-9', '', '1000'],
  ['GET', `/d/other?link=${vector('file name and inline')}`, '', '', '1000'],
  ['GET', `/d/report?link=${vector('IPv4 network')}`, '', '', '1000'],
]) {
  console.log(`# ${request.slice(0, 4).join(' ').trim().replace(/link=\S+/, 'link=…')}\n${ask(...request)}\n`)
}
