// Live pages: the stream says *that* a topic changed, never what; the parts that show it are then fetched again,
// through the same authorised address as ever. While there is no stream (the server keeps a limit, the network is
// away) every try to open it also asks for the parts, so a page without a stream is a page that polls.
import { isDirty } from './form.js'
import { say as inWords } from './words.js'

const longestWait = 10_000
const patience = 6_000
const longestAnswer = 20_000

let source = null
let timer = null
let failures = 0
let missed = false
let heard = ''
let mark = document.documentElement.dataset.liveMark ?? '' // the last bell that this page knows of
let working = null // a promise while parts are fetched
const wanted = new Set() // ids of parts to fetch again
const postponed = new Set() // ids of parts in which somebody types

const parts = () => [...document.querySelectorAll('[data-live-topic]')]
const topicsOf = (part) => part.dataset.liveTopic.split(' ').filter(Boolean)
const topics = () => [...new Set(parts().flatMap(topicsOf))].sort()
const addressOf = (part) => part.dataset.liveUrl || location.href

/** Somebody types in it, or has typed: it stays as it is until they are done. */
const busy = (part) =>
  isDirty(part) || (part.contains(document.activeElement) && document.activeElement.matches('input, textarea, select'))

const say = (state) => {
  document.documentElement.dataset.live = state
  const words = document.getElementById('live')
  if (words) words.textContent = state === 'live' ? '' : inWords('Not live')
}

/** Which of the part's it is, whatever it counts: "3 events" in Record is "4 events" in Record. */
const nameOf = (details) => {
  const title = details.closest('section')?.querySelector('h2')?.textContent ?? ''
  return `${title}|${details.querySelector('summary')?.textContent ?? ''}`.replace(/\d+/g, '').trim()
}

/** What somebody has opened stays open. */
const keepOpen = (part, fresh) => {
  const opened = new Set([...part.querySelectorAll('details[open]')].map(nameOf))
  for (const details of fresh.querySelectorAll('details')) if (opened.has(nameOf(details))) details.open = true
}

/** What stands in the fresh part for what had the focus: who goes by keyboard stays where they are. */
const twinOf = (one, fresh) => {
  if (one.id) return document.getElementById(one.id)
  const alike = [...fresh.querySelectorAll(one.localName)]
  return alike.find((other) => other.isEqualNode(one)) ?? alike.find(({ href }) => href && href === one.href)
}

const put = (part, fresh) => {
  const focused = part.contains(document.activeElement) ? document.activeElement : null
  keepOpen(part, fresh)
  part.replaceWith(document.adoptNode(fresh))
  if (focused) twinOf(focused, fresh)?.focus({ preventScroll: true })
  window.htmx?.process(fresh)
  document.dispatchEvent(new CustomEvent('live:refreshed', { detail: fresh }))
}

/** What the server has to say is said once: a part's request that was told it hands it on. */
const tellFlashes = (page) => {
  const told = page.getElementById('flashes')
  if (told?.children.length) document.getElementById('flashes')?.replaceChildren(...document.adoptNode(told).children)
}

const refresh = async (address, ids) => {
  const answer = await fetch(address, { headers: { 'HX-Request': 'true' }, signal: AbortSignal.timeout(longestAnswer) })
  if (!answer.ok || answer.redirected) return
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  tellFlashes(page)
  for (const id of ids) {
    const fresh = page.getElementById(id)
    const part = document.getElementById(id) // another answer may have replaced it, or what it stood in
    if (!fresh || !part) continue
    if (busy(part)) postponed.add(id)
    else put(part, fresh)
  }
}

/** One request after the other, so that no older answer overwrites a newer one; what rings meanwhile is asked again. */
const work = async () => {
  while (wanted.size) {
    const byAddress = new Map()
    for (const part of parts().filter(({ id }) => wanted.has(id))) {
      byAddress.set(addressOf(part), [...(byAddress.get(addressOf(part)) ?? []), part.id])
    }
    wanted.clear()
    for (const [address, ids] of byAddress) await refresh(address, ids)
  }
}

const refreshAll = (changed) => {
  for (const part of changed) (busy(part) ? postponed : wanted).add(part.id)
  working ??= work()
    .catch(() => say('lost'))
    .finally(() => {
      working = null
    })
  return working
}

const refreshPage = () => refreshAll(parts())

/** Resolves when the parts that are being fetched stand on the page, or when there is no network. */
export const refreshed = async () => working

const refreshPostponed = () => {
  const waiting = parts().filter(({ id }) => postponed.has(id))
  postponed.clear()
  refreshAll(waiting)
}

const changed = ({ data, lastEventId }) => {
  let topic = data
  mark = lastEventId || mark
  try {
    topic = JSON.parse(data).topic
  } catch {
    // the plain name of a topic
  }
  refreshAll(parts().filter((part) => topicsOf(part).includes(topic)))
}

const opened = () => {
  if (missed) refreshPage() // what changed while nobody listened
  clearTimeout(timer)
  failures = 0
  missed = false
  say('live')
}

const failed = () => {
  missed = true
  clearTimeout(timer)
  if (source.readyState !== EventSource.CLOSED) {
    timer = setTimeout(() => say('lost'), patience) // streams end now and then: the browser itself opens the next
    return
  }
  say('lost')
  failures += 1
  timer = setTimeout(tryAgain, Math.min(longestWait, 1000 * 2 ** failures) * (0.75 + Math.random() / 2))
}

const tryAgain = () => {
  refreshPage()
  open()
}

const open = () => {
  const wanted = topics()
  if (!wanted.length) return
  source?.close()
  heard = wanted.join(',')
  source = new EventSource(`/stream?topics=${encodeURIComponent(heard)}&after=${encodeURIComponent(mark)}`)
  source.addEventListener('open', opened)
  source.addEventListener('message', changed)
  source.addEventListener('error', failed)
}

const close = () => {
  clearTimeout(timer)
  source?.close()
}

/** A part that was swapped in may follow a topic that nobody listens to yet; what it missed meanwhile is asked for. */
const openForNewParts = () => {
  if (topics().every((topic) => heard.split(',').includes(topic))) return
  missed = true
  open()
}

export const watchLive = () => {
  open()
  document.addEventListener('htmx:afterSettle', openForNewParts)
  document.addEventListener('live:refreshed', openForNewParts)
  // What this tablet kept is on record now; or the page was a kept one, and the network is there again.
  for (const name of ['queue:sent', 'page:stale']) document.addEventListener(name, refreshPage)
  document.addEventListener('focusout', () => setTimeout(refreshPostponed))
  addEventListener('pagehide', close)
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) tryAgain()
  })
}
