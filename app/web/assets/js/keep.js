// Installs the service worker and reads ahead, so that today's orders are on the tablet before the network is gone.
const quiet = 2500 // the page comes first
const fresh = 5 * 60_000
const root = document.documentElement
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const isFresh = (address) => Date.now() - Number(sessionStorage.getItem(`kept ${address}`) ?? 0) < fresh

const read = async (address) => {
  if (isFresh(address) || !navigator.onLine) return null
  const answer = await fetch(address, { headers: { Accept: 'text/html, image/*' }, priority: 'low' })
  if (!answer.ok || answer.redirected) return null
  sessionStorage.setItem(`kept ${address}`, Date.now())
  const isPage = (answer.headers.get('content-type') ?? '').startsWith('text/html')
  return isPage ? new DOMParser().parseFromString(await answer.text(), 'text/html') : null
}

const addressesIn = (page) => [
  ...[...page.querySelectorAll('a[data-keep]')].map((link) => link.getAttribute('href')),
  ...[...page.querySelectorAll('#photos img')].map((image) => image.getAttribute('src')),
]

const readAhead = async () => {
  const orders = [...document.querySelectorAll('.job-link')].map((link) => link.getAttribute('href'))
  const more = new Set([...addressesIn(document), '/tablet']) // what is not sent, with this person's own way out
  for (const order of orders) {
    const page = await read(order)
    if (page) addressesIn(page).forEach((address) => more.add(address))
    await pause(50)
  }
  for (const address of more) {
    if (address.startsWith('/')) await read(address)
    await pause(50)
  }
}

/** The scanner comes last, when neither this page nor the pages read ahead need the network any more. */
const sayIdle = (worker) => {
  const say = () => worker?.postMessage('idle')
  if ('requestIdleCallback' in globalThis) requestIdleCallback(say, { timeout: 10_000 })
  else setTimeout(say, quiet)
}

const start = async () => {
  try {
    await navigator.serviceWorker.register('/sw.js')
    const { active } = await navigator.serviceWorker.ready
    await pause(quiet)
    if (!root.dataset.person || 'kept' in root.dataset) return
    const here = location.pathname
    if (!isFresh(here) && /^\/(day|orders\/)/.test(here)) await read(here) // the first page came before the worker did
    await readAhead()
    sayIdle(active)
  } catch {
    // no network, or a tablet that keeps nothing: the pages work as they are
  }
}

export const keepPages = () => {
  if (!('serviceWorker' in navigator)) return
  navigator.storage?.persist?.()
  if (document.readyState === 'complete') start()
  else addEventListener('load', start)
}
