// The service worker. Pages: the network first, and what was read last when there is none. Files with a hash in their
// name: the tablet's copy. Everything else (streams, answers of the API, what is sent) passes by.
/* global FILES, LATER, VERSION */

const files = `files-${VERSION}`
const keptVersions = 3 // pages read before a new version came still find their files
const mostPages = 300
const patience = 4000 // a network that does not answer is as good as none, when there is a copy
const pages = /^\/(?:day|tablet|orders\/|assets\/)/
const pictures = /^\/api\/v1\/work-orders\/[^/]+\/photos\//
const person = /<html[^>]* data-person="([^"]+)"/

let generation = 0 // rises when somebody signs out: what was asked for before is not kept

const keysOfPages = async () => (await caches.keys()).filter((name) => name.startsWith('pages-'))
const forget = (names) => Promise.all(names.map((name) => caches.delete(name)))

const install = async () => {
  const cache = await caches.open(files)
  await cache.addAll([...FILES.filter((name) => !LATER.includes(name)), '/manifest.webmanifest'])
  // Without cookies: what everybody may see, whoever is signed in now.
  for (const page of ['/offline', '/tablet']) await cache.put(page, await fetch(page, { credentials: 'omit' }))
  await self.skipWaiting()
}

/** What only a touch loads (the scanner and its wasm): once a page has said that the tablet is idle. */
const keepLater = async () => {
  const cache = await caches.open(files)
  for (const name of LATER) if (!(await cache.match(name))) await cache.add(name)
}

const activate = async () => {
  const old = (await caches.keys()).filter((name) => name.startsWith('files-')).slice(0, -keptVersions)
  await forget(old.filter((name) => name !== files))
  await self.clients.claim()
}

/** Keeps a page for the person it was made for; the pages of whoever was here before go. */
const keepPage = async (request, response, asked) => {
  const text = await response.text()
  const whose = person.exec(text)?.[1]
  if (!whose || asked !== generation) return
  const name = `pages-${whose}`
  await forget((await keysOfPages()).filter((other) => other !== name))
  const cache = await caches.open(name)
  await cache.put(new URL(request.url).pathname, new Response(text, { status: 200, headers: response.headers }))
  const kept = await cache.keys()
  await Promise.all(kept.slice(0, -mostPages).map((one) => cache.delete(one)))
  if (asked !== generation) await caches.delete(name)
}

const keepPicture = async (request, response, asked) => {
  const [name] = await keysOfPages()
  if (name && asked === generation) await (await caches.open(name)).put(request, response)
}

const fromPages = async (key) => {
  for (const name of await keysOfPages()) {
    const found = await (await caches.open(name)).match(key, { ignoreVary: true })
    if (found) return found
  }
}

/** The kept page, marked as such: the page itself says from when it is. */
const marked = async (found) => {
  const text = (await found.text()).replace('<html ', '<html data-kept ')
  const headers = new Headers(found.headers)
  for (const name of ['content-length', 'content-encoding']) headers.delete(name)
  return new Response(text, { status: 200, headers })
}

const page = async (event) => {
  const { request } = event
  const { pathname } = new URL(request.url)
  const asked = generation
  const key = pathname === '/' ? '/day' : pathname
  // What a page reads by itself must be true now; only who goes somewhere is shown what was kept.
  const kept = request.mode === 'navigate' ? await fromPages(key) : null
  const aborter = new AbortController()
  const timer = kept && setTimeout(() => aborter.abort(), patience)
  try {
    const answer = await fetch(request, { signal: aborter.signal })
    if (answer.ok && !answer.redirected && answer.type === 'basic' && pages.test(pathname) && (answer.headers.get('content-type') ?? '').startsWith('text/html')) {
      event.waitUntil(keepPage(request, answer.clone(), asked))
    }
    return answer
  } catch (failure) {
    if (kept) return marked(kept)
    if (request.mode !== 'navigate') throw failure
    const own = await caches.match(pathname === '/tablet' ? '/tablet' : '/offline')
    return own ? marked(own) : Response.error()
  } finally {
    clearTimeout(timer)
  }
}

const picture = async (event) => {
  const kept = await fromPages(event.request)
  if (kept) return kept
  const asked = generation
  const answer = await fetch(event.request)
  if (answer.ok) event.waitUntil(keepPicture(event.request, answer.clone(), asked))
  return answer
}

const file = async (request) => (await caches.match(request)) ?? fetch(request)

const signOut = async (request) => {
  generation += 1
  await forget(await keysOfPages())
  return post(request)
}

/** A form that found no network: say so in our own words; the browser's way back still has what was typed. */
const post = (request) =>
  fetch(request).catch(async (failure) => {
    const own = await caches.match('/offline')
    if (!own) throw failure
    const text = (await own.text()).replace('id="not-kept"', 'id="not-kept" hidden').replace('id="not-posted" hidden', 'id="not-posted"')
    return new Response(text, { status: 503, headers: own.headers })
  })

const isPage = (request) => request.mode === 'navigate' || (request.headers.get('accept') ?? '').includes('text/html') || request.headers.has('HX-Request')

self.addEventListener('install', (event) => event.waitUntil(install()))
self.addEventListener('activate', (event) => event.waitUntil(activate()))
self.addEventListener('message', (event) => {
  if (event.data === 'idle') event.waitUntil(keepLater().catch(() => null)) // the next page asks again
})
self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname, search } = new URL(request.url)
  if (origin !== location.origin) return
  if (request.method === 'POST') {
    if (!request.referrer.startsWith(`${origin}/`)) return // another site's form must not become one of ours
    if (pathname === '/sign-out') event.respondWith(signOut(request))
    else if (request.mode === 'navigate') event.respondWith(post(request))
    return
  }
  if (request.method !== 'GET') return
  if (FILES.includes(pathname) || pathname === '/manifest.webmanifest') event.respondWith(file(request))
  else if (pictures.test(pathname)) event.respondWith(picture(event))
  else if (isPage(request) && (request.mode === 'navigate' || (pages.test(pathname) && !search))) event.respondWith(page(event))
})
