// A code that is not the one of the order fills the screen at once, before anybody touches anything, with or without
// a network. The form then goes as it is: the server records the stop and shows it on a page of its own.

import { keep } from './queue.js'
import { businessNow } from './relative-time.js'
import { say } from './words.js'

const same = (one, other) => one.trim().toLowerCase() === other.trim().toLowerCase()

const line = (term, text) => {
  const row = document.createElement('div')
  const name = document.createElement('dt')
  const value = document.createElement('dd')
  name.textContent = term
  value.textContent = text
  row.append(name, value)
  return row
}

const show = (expected, found) => {
  document.querySelector('dialog.stop')?.remove()
  const sheet = document.createElement('dialog')
  const title = document.createElement('h1')
  const facts = document.createElement('dl')
  const words = document.createElement('p')
  const back = document.createElement('button')
  sheet.className = 'stop'
  title.id = 'stop-now'
  title.textContent = say('Stop. This is not what the order says.')
  sheet.setAttribute('aria-labelledby', title.id)
  facts.append(line(say('Expected'), expected), line(say('Found'), found))
  words.textContent = say('Touch nothing. This stop goes into the record.')
  back.className = 'button is-main'
  back.type = 'button'
  back.textContent = say('I have stopped')
  back.addEventListener('click', () => sheet.close())
  sheet.append(title, facts, words, back)
  document.body.append(sheet)
  sheet.showModal()
}

const fieldsOf = (form) => [...new FormData(form)].filter(([name]) => name !== 'csrf_token')

/** Without network the stop is kept like any other act, so that it reaches the record. */
const stop = (form, expected, found) => {
  show(expected, found)
  if (navigator.onLine || form.dataset.queue) return form.requestSubmit()
  const { order, guard } = form.dataset
  keep({ order, act: `stop:${guard}`, what: say('Stopped: {found} instead of {expected}', { found, expected }), url: new URL(form.action).pathname, fields: fieldsOf(form) })
  form.reset()
}

/** A check that was fresh when the page was made grows old on a tablet without network too. */
const askAgain = () => {
  for (const part of document.querySelectorAll('[data-asked-after][hidden]')) {
    if (part.dataset.askedAfter && businessNow() > Date.parse(part.dataset.askedAfter)) part.hidden = false
  }
  for (const field of document.querySelectorAll('[data-asked-after]:not([hidden]) :is([data-scan], [data-needed])')) field.required = true
}

export const watchGuards = () => {
  askAgain()
  setInterval(askAgain, 5000)
  document.addEventListener('live:refreshed', askAgain)
  document.addEventListener('walk:moved', askAgain)
  document.addEventListener('change', ({ target }) => {
    const form = target.form
    if (!form?.matches('[data-guard]')) return
    const { expected } = target.dataset
    if (expected && target.value && !same(target.value, expected)) stop(form, expected, target.value)
    if (target.matches('[name=light][value=other]') && target.checked) stop(form, 'its light', 'another light')
  })
}
