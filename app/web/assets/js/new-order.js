// The new order: answers typed for one kind of job come back when the kind does, and a finding is filled in by a tap.
import { say } from './words.js'
const typed = new Map()
const field = (name, value) => document.querySelector(`[name="${name}"]${value === undefined ? '' : `[value="${value}"]`}`)
const changed = (element) => element?.dispatchEvent(new Event('change', { bubbles: true }))

const remember = ({ target }) => {
  if (target.name?.startsWith('answer-')) typed.set(target.name, target.value)
}

/** Questions that have just come get what was typed for them before; then the offer is asked for again. */
const restore = ({ target }) => {
  if (target.id !== 'questions') return
  for (const input of target.querySelectorAll('[name^="answer-"]')) input.value ||= typed.get(input.name) ?? ''
  changed(target)
}

const addToSummary = (evidence) => {
  const summary = field('summary')
  if (summary.value.includes(evidence)) return
  summary.value = [summary.value.trim(), evidence].filter(Boolean).join('\n')
  summary.dispatchEvent(new Event('input', { bubbles: true }))
}

const choose = (name, value) => {
  const option = field(name, value)
  if (option) option.checked = true
  return option
}

const fill = (button) => {
  const { jobKind, answers, evidence } = button.dataset
  addToSummary(evidence)
  if (jobKind) {
    for (const [question, answer] of Object.entries(JSON.parse(answers))) typed.set(`answer-${question}`, answer)
    choose('team', 'data_center')
    changed(choose('job_kind', jobKind))
  }
  document.getElementById('filled').textContent = say('{what}. Check it before you send it.', { what: button.textContent.replace(say('Fill in:'), say('Filled in:')) })
}

const press = ({ target }) => {
  const button = target.closest('[data-fill], [data-pick]')
  if (!button) return
  if ('fill' in button.dataset) return fill(button)
  const asset = field('asset')
  asset.value = button.dataset.pick
  changed(asset)
}

/** What goes into an address is cut short: whether a question is answered counts, not the whole answer. */
const shorten = ({ detail }) => {
  if (!('brief' in detail.elt.dataset)) return
  for (const [name, value] of [...detail.formData.entries()]) {
    if (value === '' || name === 'tried' || name.startsWith('ticket_')) detail.formData.delete(name)
    else if (typeof value === 'string') detail.formData.set(name, value.slice(0, 200))
  }
}

export const watchNewOrder = () => {
  if (!document.getElementById('new-order')) return
  document.querySelectorAll('[name^="answer-"]').forEach((target) => remember({ target }))
  document.addEventListener('input', remember)
  document.addEventListener('click', press)
  document.addEventListener('htmx:afterSwap', restore)
  document.addEventListener('htmx:configRequest', shorten)
}
