// The order's page without network: what was done and not sent counts as done, and the page goes on to the next act.
// The server has written every act that may follow into <template>s; they are shown one after the other.
import { me } from './queue.js'
import { allActs, dropAct } from './store.js'
import { say } from './words.js'

const words = (text, className = 'small') => Object.assign(document.createElement('small'), { className, textContent: text })

const markSteps = (done) => {
  for (const line of document.querySelectorAll('[data-step]')) {
    const act = done.get(line.dataset.step)
    if (!act || line.querySelector('.not-sent')) continue
    const serial = act.fields.find(([name, value]) => name === 'evidence' && value !== '1')?.[1]
    line.querySelector('.row-what').append(words(`${say('Done on this tablet, not sent')}${serial ? ` · ${serial}` : ''}`, 'not-sent'))
  }
}

const showPhotos = (acts) => {
  const list = document.getElementById('photos')
  if (!list) return
  for (const act of acts) {
    for (const [, value] of act.fields) {
      if (!(value instanceof Blob) || list.querySelector(`[data-seq="${act.seq}"]`)) continue
      const item = document.createElement('li')
      item.dataset.seq = act.seq
      const image = Object.assign(document.createElement('img'), { src: URL.createObjectURL(value), alt: say('Photo not sent: {what}', { what: act.what }), width: 160, height: 120 })
      item.append(image, words(say('not sent')))
      list.append(item)
    }
  }
}

/** Serial numbers that were scanned on the way are filled in where they are asked for again. */
const prefill = (done) => {
  for (const input of document.querySelectorAll('#act [data-from]')) {
    const given = done.get(input.dataset.from)?.fields.find(([name]) => name === 'evidence')?.[1]
    if (given && !input.value) input.value = given
  }
}

const finished = () => {
  const text = say('All done on this tablet. It is sent as soon as the network is back; the machine then has to prove the repair.')
  const card = Object.assign(document.createElement('section'), { className: 'card', id: 'all-kept' })
  card.append(Object.assign(document.createElement('h2'), { textContent: say('Nothing is left to do here') }), Object.assign(document.createElement('p'), { textContent: text }))
  return card
}

/** The button belongs to the act that is shown; both are parts of the page that come anew one by one. */
const showPress = (holder, key) => {
  const press = document.getElementById('press')
  const template = holder.querySelector(`template[data-press="${CSS.escape(key)}"]`)
  if (!press || press.dataset.act === key || (key && !template)) return
  press.replaceChildren(...(template ? [template.content.cloneNode(true)] : []))
  press.dataset.act = key
}

const show = (holder, template) => {
  const act = document.getElementById('act')
  const key = template?.dataset.act ?? ''
  act.replaceChildren(template ? template.content.cloneNode(true) : finished())
  act.dataset.act = key
  showPress(holder, key)
  window.htmx?.process(act)
}

/** Shows what is to be done next on this order; `said` puts the reader there. */
export const walk = async ({ said = false } = {}) => {
  const holder = document.getElementById('ahead')
  if (!holder) return
  const acts = (await allActs()).filter((one) => one.order === holder.dataset.order && one.person === me() && one.state !== 'refused')
  const done = new Map(acts.map((one) => [one.act, one]))
  const waiting = acts.filter(({ state }) => state === 'waiting')
  markSteps(new Map(waiting.map((one) => [one.act, one])))
  showPhotos(waiting)
  const now = document.getElementById('act')
  if (!now) return
  if (!done.has(now.dataset.act)) return showPress(holder, now.dataset.act)
  show(holder, [...holder.querySelectorAll('template[data-act]')].find(({ dataset }) => !done.has(dataset.act)))
  prefill(done)
  document.dispatchEvent(new CustomEvent('walk:moved'))
  if (said) sayNext()
}

/** Puts the reader where the next act begins. */
export const sayNext = () => {
  const title = document.querySelector('#act h2')
  if (title) title.tabIndex = -1
  title?.focus({ preventScroll: true })
  document.getElementById('act')?.firstElementChild?.scrollIntoView({ block: 'start' })
}

/** This page came from the server after these were sent: it knows of them. */
const forgetSent = async () => {
  if ('kept' in document.documentElement.dataset) return
  const order = document.getElementById('ahead')?.dataset.order
  for (const act of await allActs()) {
    if (act.state === 'sent' && act.order === order && act.sentAt < performance.timeOrigin) await dropAct(act.seq)
  }
}

export const watchWalk = () => {
  forgetSent().then(() => walk())
  document.addEventListener('live:refreshed', () => walk())
}
