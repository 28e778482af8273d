// The page of what is not sent: what waits, and what was not taken, with both versions for a person to decide.
import { toDecide } from './decide.js'
import { changed, flush, howItStands, keep, me } from './queue.js'
import { dropAct, unsentActs } from './store.js'
import { dates, say } from './words.js'

const byId = (id) => document.getElementById(id)
const time = (at) => new Intl.DateTimeFormat(dates, { dateStyle: 'medium', timeStyle: 'short', timeZone: document.documentElement.dataset.zone || undefined }).format(new Date(at))
const piece = (id) => byId(id).content.firstElementChild.cloneNode(true)
const put = (node, name, text) => {
  node.querySelector(`[data-${name}]`).textContent = text
}
const mine = ({ fields }) => fields.map(([name, value]) => (value instanceof Blob ? say('a photo') : `${name.replaceAll('_', ' ')}: ${value}`)).join(', ') || say('done')
const why = { offline: say('No network now. It is sent by itself.'), 'signed-out': say('Your sign-in has ended. Sign in again: nothing is lost.'), fine: '', unknown: say('Trying …') }

/** What the record says now, and who said it. */
const theirs = async (order) => {
  try {
    const [orderNow, events] = await Promise.all(
      [`/api/v1/work-orders/${order}`, `/api/v1/work-orders/${order}/events`].map(async (address) => {
        const answer = await fetch(address, { signal: AbortSignal.timeout(10_000) })
        if (!answer.ok) throw new TypeError(String(answer.status))
        return answer.json()
      }),
    )
    const last = events.items.at(-1)
    return [say('The order is {state}.', { state: say(orderNow.state.replaceAll('_', ' ')) }), last ? `${last.verb.replaceAll('_', ' ')} by ${last.by}, ${time(last.at)}${last.why ? `: ${last.why}` : ''}` : '']
  } catch {
    return [say('Not known without network.'), '']
  }
}

const decide = async (act, deed) => {
  if (deed === 'again') await keep({ ...act })
  if (deed === 'note') {
    const text = say('Not taken from the tablet: {what} ({mine}), done {at}. {why}', { what: act.what, mine: mine(act), at: time(act.at), why: act.told.detail })
    await keep({ order: act.order, act: 'note', what: say('Note'), url: `/orders/${act.order}/rack/note`, fields: [['text', text.slice(0, 4000)]] })
  }
  await dropAct(act.seq)
  changed()
  await flush()
}

const refusedCard = (act) => {
  const card = piece('one-refused')
  put(card, 'what', `${act.what} · ${act.order}`)
  put(card, 'told', act.told.detail)
  put(card, 'mine', mine(act))
  put(card, 'where', `${act.person}, ${time(act.at)}`)
  theirs(act.order).then(([words, who]) => {
    put(card, 'theirs', words)
    put(card, 'who', who)
  })
  card.addEventListener('click', ({ target }) => {
    const deed = target.closest('[data-do]')?.dataset.do
    if (deed) decide(act, deed)
  })
  return card
}

const waitingLine = (act) => {
  const line = piece('one-waiting')
  put(line, 'what', act.what)
  put(line, 'where', `${act.order} · ${time(act.at)}`)
  return line
}

const fill = (id, nodes) => {
  byId(id).hidden = !nodes.length
  byId(id).querySelector('[data-list]').replaceChildren(...nodes)
}

const choiceLine = ([order, count]) => {
  const line = piece('one-choice')
  put(line, 'what', order)
  put(line, 'where', count === 1 ? say('1 to decide') : say('{count} to decide', { count }))
  line.querySelector('a').href = `/orders/${order}/conflicts`
  return line
}

let shown = null

const show = async () => {
  const acts = await unsentActs()
  const own = acts.filter(({ person }) => person === me())
  const others = acts.filter(({ person }) => person !== me())
  byId('why').textContent = why[howItStands()]
  byId('nothing-waits').hidden = acts.length > 0
  byId('others').hidden = !others.length
  byId('whose').textContent = say('{count} of {who}: sent once they sign in on this tablet.', { count: others.length, who: [...new Set(others.map(({ person }) => person))].join(', ') })
  byId('leaving').hidden = location.hash !== '#leaving' || !own.length
  byId('leaving-words').textContent = own.length === 1 ? say('1 of yours is not sent.') : say('{count} of yours are not sent.', { count: own.length })
  const choices = toDecide(me())
  byId('nothing-waits').hidden ||= choices.length > 0
  const now = [...own.map(({ seq, state }) => `${seq}${state}`), choices].join()
  if (now === shown) return
  shown = now
  fill('choices', choices.map(choiceLine))
  fill('waits', own.filter(({ state }) => state === 'waiting').map(waitingLine))
  fill('refused', own.filter(({ state }) => state === 'refused').map(refusedCard))
}

export const watchNotSent = () => {
  if (!byId('not-sent')) return
  document.addEventListener('queue:changed', show)
  addEventListener('hashchange', show)
  byId('send-now').addEventListener('click', () => flush())
  show()
}
