// Live pages: the stream says *that* a topic changed, never what; the parts that show it are then fetched again,
// through the same authorised address as ever. A refused stream (the server keeps a limit) becomes polling.
import { isDirty } from './form.js'

const pollEvery = 10_000
const longestWait = 60_000

let source = null
let timer = null
let failures = 0
let polling = false

const parts = () => [...document.querySelectorAll('[data-live-topic]')]
const topics = () => [...new Set(parts().map((part) => part.dataset.liveTopic))].sort()

/** Somebody types in it, or has typed: it stays as it is until they are done. */
const busy = (part) => isDirty(part) || (part.contains(document.activeElement) && document.activeElement.matches('input, textarea, select'))

const refresh = async (part) => {
  if (busy(part)) return
  const answer = await fetch(part.dataset.liveUrl || location.href, { headers: { 'HX-Request': 'true' } })
  if (!answer.ok || answer.redirected) return
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(part.id)
  if (!fresh || !part.isConnected || busy(part)) return
  const focused = part.contains(document.activeElement) ? document.activeElement.id : ''
  part.replaceWith(document.adoptNode(fresh))
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
  window.htmx?.process(fresh)
  document.dispatchEvent(new CustomEvent('live:refreshed', { detail: fresh }))
}

const refreshAll = (topic) => {
  for (const part of parts()) if (!topic || part.dataset.liveTopic === topic) refresh(part).catch(() => setStatus('lost'))
}

const setStatus = (status) => {
  document.documentElement.dataset.live = status
}

const later = (step, wait) => {
  clearTimeout(timer)
  timer = setTimeout(step, wait)
}

const poll = () => {
  polling = true
  setStatus('polling')
  refreshAll()
  later(poll, pollEvery)
}

const changed = ({ data }) => {
  let topic = data
  try {
    topic = JSON.parse(data).topic ?? data
  } catch {
    // a plain topic name
  }
  refreshAll(topic)
}

const failed = () => {
  setStatus('lost')
  if (source.readyState !== EventSource.CLOSED) return // the browser itself tries again
  failures += 1
  if (failures >= 3) poll() // closed by an answer that is no stream: 503 at the limit, or a sign-in page
  else later(open, Math.min(longestWait, 1000 * 2 ** failures) * (0.5 + Math.random()))
}

const open = () => {
  const wanted = topics()
  if (!wanted.length || polling) return
  source?.close()
  source = new EventSource(`/stream?topics=${encodeURIComponent(wanted.join(','))}`)
  source.addEventListener('open', () => {
    if (failures) refreshAll() // what changed while nobody listened
    failures = 0
    setStatus('live')
  })
  source.addEventListener('message', changed)
  source.addEventListener('error', failed)
}

const close = () => {
  clearTimeout(timer)
  source?.close()
}

export const watchLive = () => {
  open()
  addEventListener('pagehide', close)
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return
    polling = false
    failures = 0
    refreshAll()
    open()
  })
}
