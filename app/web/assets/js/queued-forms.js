// Forms with `data-queue` go through the tablet's queue, with or without network: kept first, then sent. When the
// answer does not come soon, the page goes on without it.
import { begin, settle } from './form.js'
import { refreshed } from './live.js'
import { flush, keepForm } from './queue.js'
import { dropAct } from './store.js'
import { sayNext, walk } from './walk.js'
import { say } from './words.js'

const patience = 4000
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Says what is wrong above the page, where no refresh of a part takes it away. `lines` are sentences or nodes. */
const complain = (title, lines) => {
  const box = document.createElement('div')
  box.className = 'errors'
  box.setAttribute('role', 'alert')
  box.tabIndex = -1
  const head = document.createElement('h2')
  head.textContent = title
  box.append(head, ...lines.map((line) => {
    const row = document.createElement('p')
    row.append(line)
    return row
  }))
  document.getElementById('flashes').replaceChildren(box)
  box.focus()
}

const labelOf = (field) => (field.closest('fieldset')?.querySelector('legend') ?? field.labels?.[0])?.textContent.trim() ?? field.name

/** What the form still wants, each a link to where it is given. */
const missing = (form) => {
  const wanted = new Map()
  for (const field of form.elements) if (field.willValidate && !field.checkValidity() && !wanted.has(labelOf(field))) wanted.set(labelOf(field), field)
  return [...wanted].map(([label, field]) => {
    const link = Object.assign(document.createElement('a'), { href: `#${field.id}`, textContent: say('{label}: still missing', { label }) })
    link.addEventListener('click', (event) => {
      event.preventDefault()
      field.focus()
    })
    return link
  })
}

const goTo = (address) => {
  const there = new URL(address, location.href)
  if (there.origin === location.origin) location.assign(there)
}

const refuse = async (form, act, { detail, errors }) => {
  await dropAct(act.seq) // whoever typed it reads why, and it still stands in the form
  document.dispatchEvent(new CustomEvent('queue:changed'))
  settle(form)
  for (const { field } of errors) for (const part of form.querySelectorAll(`[data-asked-for~="${CSS.escape(field)}"]`)) part.hidden = false
  complain(errors.length ? say('Please check this') : say('Not done'), errors.length ? errors.map((one) => one.detail) : [detail])
}

/** On to where the answer leads. The page that is open already gets its parts anew instead: whoever has begun with the
 *  next step, which the stream may have brought before this answer, loses nothing of it. */
const arrive = async (form, address) => {
  const there = new URL(address, location.href)
  if (there.pathname !== location.pathname || !document.querySelector('[data-live-topic]')) return goTo(address)
  settle(form)
  await refreshed() // begun when the answer came
  await walk()
  if (!document.getElementById('act')?.contains(document.activeElement)) sayNext()
}

const goOn = async (form) => {
  settle(form)
  if (form.dataset.then) return goTo(form.dataset.then)
  await walk({ said: true })
}

const submit = async (event) => {
  const form = event.target
  if (event.defaultPrevented || !form.matches('form[data-queue]')) return
  if ('sending' in form.dataset) return event.preventDefault()
  if (!form.checkValidity()) {
    if (navigator.onLine && !form.matches('#step')) return // the server says what is missing, beside each field
    event.preventDefault()
    return complain(say('Please check this'), missing(form))
  }
  event.preventDefault()
  document.getElementById('flashes').replaceChildren()
  if (form.contains(document.activeElement)) document.activeElement.blur() // its part may come anew now
  begin(form, event.submitter)
  let act = null
  try {
    act = await keepForm(form, event.submitter)
  } catch {
    return form.submit() // nothing can be kept on this tablet: as a page does without us
  }
  const results = await Promise.race([flush(act.seq), after(patience)])
  const result = results?.get(act.seq)
  if (result?.refused) await refuse(form, act, result.refused)
  else if (result) await arrive(form, result.location ?? form.dataset.then ?? location.href)
  else await goOn(form)
}

const othersMustHear = say('This needs the network: others, or the machine itself, must hear of it now. Nothing was sent; what you typed stays here.')
const signsOutLater = say('Signing out needs the network. Until then this tablet shows what it keeps to whoever holds it: lock its screen.')

/** What needs somebody else, or the machine, cannot wait: it is not sent at all, and what was typed stays. */
const needsNetwork = (event) => {
  if (event.defaultPrevented || navigator.onLine || event.target.method !== 'post') return
  event.preventDefault()
  complain(say('No network'), [event.target.action.endsWith('/sign-out') ? signsOutLater : othersMustHear])
}

export const watchQueuedForms = () => {
  document.addEventListener('submit', submit)
  document.addEventListener('submit', needsNetwork)
}
