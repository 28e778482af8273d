// Keeps "40 s ago" and "1 h 52 min left" true while the page stays open. The words are those of app/web/components.py.
import { say } from './words.js'

const spell = (seconds) => {
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`
  const days = Math.floor(hours / 24)
  return days === 1 ? say('1 day') : say('{days} days', { days })
}

export const relative = (at, now) => {
  const seconds = Math.floor(Math.abs(at - now) / 1000)
  if (seconds < 1) return say('now')
  const days = Math.floor(seconds / 86400)
  if (days > 1) return at > now ? say('in {days} days', { days }) : say('{days} days ago', { days }) // days in the dative
  return at > now ? say('in {span}', { span: spell(seconds) }) : say('{span} ago', { span: spell(seconds) })
}

export const left = (at, now) => (at > now ? say('{span} left', { span: spell(Math.floor((at - now) / 1000)) }) : say('time is up'))

const words = { relative, left }

/** The business clock: the tablet's own, moved by the drill's offset when there is one. */
export const businessNow = () => Date.now() + Number(document.documentElement.dataset.clockOffset ?? 0) * 1000

const tick = () => {
  const now = businessNow()
  for (const element of document.querySelectorAll('time[data-words]')) {
    const at = Date.parse(element.dateTime)
    const text = words[element.dataset.words](at, now)
    if (element.textContent !== text) element.textContent = text
    const limit = Number(element.dataset.limit)
    if (limit) {
      const old = now - at > limit * 1000
      element.classList.toggle('is-old', old)
      element.nextElementSibling?.toggleAttribute('hidden', !old)
    }
  }
}

export const tickTimes = () => {
  tick()
  setInterval(tick, 1000)
  document.addEventListener('htmx:afterSettle', tick)
}
