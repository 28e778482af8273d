// The top bar says what is not sent, the strip below it since when there is no network; signing out asks first.
import { toDecide } from './decide.js'
import { flush, howItStands, me } from './queue.js'
import { businessNow } from './relative-time.js'
import { unsentActs } from './store.js'
import { dates, say } from './words.js'

const soonestMs = 1000
const latestMs = 15_000
const root = document.documentElement

const counted = async () => {
  const acts = await unsentActs()
  const mine = acts.filter(({ person }) => person === me())
  return {
    waiting: mine.filter(({ state }) => state === 'waiting').length,
    refused: mine.filter(({ state }) => state === 'refused').length,
    others: acts.length - mine.length,
    choices: toDecide(me()),
  }
}

const showCount = async () => {
  const sync = document.getElementById('sync')
  if (!sync) return
  const { waiting, refused, others, choices } = await counted()
  const open = choices.reduce((sum, [, count]) => sum + count, 0)
  const parts = [open && (open === 1 ? say('1 to decide') : say('{count} to decide', { count: open })), refused && (refused === 1 ? say('1 needs you') : say('{count} need you', { count: refused })), waiting && say('{count} not sent', { count: waiting }), !waiting && !refused && others && say('{count} of others not sent', { count: others })].filter(Boolean)
  if (waiting && howItStands() === 'signed-out') parts.push(say('sign in'))
  sync.href = parts.length === 1 && choices.length === 1 ? `/orders/${choices[0][0]}/conflicts` : '/tablet'
  sync.hidden = !parts.length
  sync.dataset.waiting = waiting
  const text = parts.join(' · ')
  if (sync.textContent !== text) sync.textContent = text
}

let shownAt = root.dataset.renderedAt

const clock = (at) => new Intl.DateTimeFormat(dates, { hour: '2-digit', minute: '2-digit', timeZone: root.dataset.zone || undefined }).format(new Date(at))
const day = (at) => new Intl.DateTimeFormat(dates, { weekday: 'short', day: 'numeric', month: 'short', timeZone: root.dataset.zone || undefined }).format(new Date(at))

/** "No network: data from 10:42", with the day when it is not today's. */
const showAge = () => {
  const strip = document.getElementById('kept')
  if (!strip || !shownAt) return
  const away = !navigator.onLine || 'kept' in root.dataset
  const today = day(businessNow()) === day(shownAt)
  const why = navigator.onLine && howItStands() === 'fine' ? say('Slow network') : say('No network')
  const text = away ? say('{why}: data from {at}', { why, at: `${today ? '' : `${day(shownAt)}, `}${clock(shownAt)}` }) : ''
  if (strip.textContent !== text) strip.textContent = text
  strip.hidden = !away
}

/** A kept page's parts are read again once the network is there. It is not loaded again: that might give the kept one. */
const back = async () => {
  const { size } = await flush()
  if ('kept' in root.dataset && howItStands() === 'fine') document.dispatchEvent(new CustomEvent('page:stale'))
  showAge()
  return size
}

let tries = 0

/** Soon after a failure, then ever less often; soon again whenever something got through. */
const tryOn = async () => {
  const wanted = document.visibilityState === 'visible' && navigator.onLine && ((await counted()).waiting || 'kept' in root.dataset)
  const sent = wanted && (await back())
  tries = wanted && !sent && howItStands() === 'offline' ? tries + 1 : 0
  setTimeout(tryOn, tries ? Math.min(latestMs, soonestMs * 2 ** tries) : 3 * soonestMs)
}

const leave = async (event) => {
  const form = event.target
  if (!form.matches('[data-sign-out]') || 'sure' in form.dataset) return
  event.preventDefault()
  event.stopImmediatePropagation()
  await flush()
  const { waiting, refused } = await counted()
  if (waiting || refused) return location.assign('/tablet#leaving')
  form.dataset.sure = ''
  form.requestSubmit()
}

export const watchSync = () => {
  document.addEventListener('submit', leave, { capture: true })
  document.addEventListener('queue:changed', showCount)
  document.addEventListener('live:refreshed', () => {
    delete root.dataset.kept
    shownAt = new Date(businessNow()).toISOString()
    showAge()
  })
  addEventListener('online', back)
  addEventListener('offline', showAge)
  showAge()
  showCount()
  tryOn()
}
