// Bundles app/web/assets into app/web/static/dist: hashed names, and manifest.json that says which name became which.
import { build } from 'esbuild'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const root = fileURLToPath(new URL('.', import.meta.url))
const assets = join(root, 'app/web/assets')
const dist = join(root, 'app/web/static/dist')

// Every file that stands directly in assets is an entry; folders hold what entries import.
const entryPoints = readdirSync(assets, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(assets, entry.name))

const { metafile } = await build({
  entryPoints,
  outdir: dist,
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  format: 'esm',
  minify: true,
  metafile: true,
  sourcemap: false,
  charset: 'utf8',
  target: ['chrome110', 'safari16', 'firefox115'],
  entryNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  assetNames: '[name]-[hash]',
  publicPath: '/static/dist/',
  loader: { '.svg': 'copy', '.png': 'copy', '.wasm': 'file' },
  logLevel: 'warning',
})

const plain = (path) => path.replace(/^app\/web\/static\/dist\//, '')
const outputs = Object.entries(metafile.outputs)
const files = Object.fromEntries(
  outputs
    .filter(([, output]) => output.entryPoint)
    .map(([path, output]) => [output.entryPoint.replace('app/web/assets/', ''), plain(path)]),
)
// A copied file is no entry point to esbuild: its only input is itself.
for (const [path, output] of outputs) {
  const inputs = Object.keys(output.inputs)
  if (!output.entryPoint && inputs.length === 1 && /\.(svg|png)$/.test(inputs[0])) {
    files[inputs[0].replace('app/web/assets/', '')] = plain(path)
  }
}
const manifest = { files, precache: outputs.map(([path]) => plain(path)).sort() }

// What a page loads by itself, as against what a touch loads: the scanner and its wasm come to the tablet when it is idle.
const first = new Set()
const follow = (path) => {
  if (first.has(plain(path))) return
  first.add(plain(path))
  for (const one of metafile.outputs[path].imports) if (one.kind === 'import-statement' && !one.external) follow(one.path)
}
for (const [path, output] of outputs) if (output.entryPoint && entryPoints.includes(join(root, output.entryPoint))) follow(path)
const later = manifest.precache.filter((name) => /\.(js|wasm)$/.test(name) && !first.has(name))

// The service worker: a classic script with the list of everything above in it. Another list is another version.
const addresses = (names) => JSON.stringify(names.map((name) => `/static/dist/${name}`))
const version = createHash('sha256').update(manifest.precache.join()).digest('hex').slice(0, 12)
await build({
  entryPoints: [join(assets, 'worker/sw.js')],
  outfile: join(dist, 'sw.js'),
  bundle: true,
  format: 'iife',
  minify: true,
  target: ['chrome110', 'safari16', 'firefox115'],
  define: { VERSION: JSON.stringify(version), FILES: addresses(manifest.precache), LATER: addresses(later) },
  logLevel: 'warning',
})
writeFileSync(join(dist, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`)

// Beside each text stands the same packed, for the server to hand out: a third of the bytes over a bad network.
const packed = manifest.precache.filter((name) => /\.(js|css|svg|wasm)$/.test(name))
for (const name of packed) writeFileSync(join(dist, `${name}.gz`), gzipSync(readFileSync(join(dist, name)), { level: 9 }))

// What an earlier build left goes last: a page that is being served never misses a file.
for (const name of readdirSync(dist)) {
  if (!['manifest.json', 'sw.js'].includes(name) && !manifest.precache.includes(name.replace(/\.gz$/, ''))) rmSync(join(dist, name))
}
