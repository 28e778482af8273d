// Forms with `data-queue` go through the tablet's queue, with or without network: kept first, then sent. When the
// answer does not come soon, the page goes on without it.
import { begin, settle } from './form.js'
import { flush, keepForm } from './queue.js'
import { dropAct } from './store.js'
import { walk } from './walk.js'

const patience = 4000
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Says what is wrong above the page, where no refresh of a part takes it away. */
const complain = (title, sentences) => {
  const box = document.createElement('div')
  box.className = 'errors'
  box.setAttribute('role', 'alert')
  box.tabIndex = -1
  const head = document.createElement('h2')
  head.textContent = title
  box.append(head, ...sentences.map((sentence) => Object.assign(document.createElement('p'), { textContent: sentence })))
  document.getElementById('flashes').replaceChildren(box)
  box.focus()
}

const labelOf = (field) => (field.closest('fieldset')?.querySelector('legend') ?? field.labels?.[0])?.textContent.trim() ?? field.name

const missing = (form) => [...new Set([...form.elements].filter((field) => field.willValidate && !field.checkValidity()).map(labelOf))]

const goTo = (address) => {
  const there = new URL(address, location.href)
  if (there.origin === location.origin) location.assign(there)
}

const refuse = async (form, act, { detail, errors }) => {
  await dropAct(act.seq) // whoever typed it reads why, and it still stands in the form
  document.dispatchEvent(new CustomEvent('queue:changed'))
  settle(form)
  complain(errors.length ? 'Please check this' : 'Not done', errors.length ? errors.map((one) => one.detail) : [detail])
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
    if (navigator.onLine) return // the server says what is missing, beside each field
    event.preventDefault()
    return complain('Please check this', missing(form))
  }
  event.preventDefault()
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
  else if (result) goTo(result.location ?? form.dataset.then ?? location.href)
  else await goOn(form)
}

/** What needs somebody else, or the machine, cannot wait: it is not sent at all, and what was typed stays. */
const needsNetwork = (event) => {
  if (event.defaultPrevented || navigator.onLine || event.target.method !== 'post') return
  event.preventDefault()
  complain('No network', ['This needs the network: others, or the machine itself, must hear of it now. Nothing was sent; what you typed stays here.'])
}

export const watchQueuedForms = () => {
  document.addEventListener('submit', submit)
  document.addEventListener('submit', needsNetwork)
}
