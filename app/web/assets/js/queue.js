// The queue of acts: each is kept on the tablet first, then sent in order, and leaves only when the server has it.
// The server knows each by its Idempotency-Key and its device's count: sent twice, it counts once.
import { rememberToDecide } from './decide.js'
import { businessNow } from './relative-time.js'
import { addAct, allActs, deviceId, putAct } from './store.js'

const smallPatience = 20_000
const photoPatience = 90_000
const refusals = [400, 403, 404, 405, 409, 412, 413, 415, 422] // asking again would be answered the same
const { dataset } = document.documentElement
const others = 'BroadcastChannel' in globalThis ? new BroadcastChannel('rackside-queue') : null

let standing = 'unknown' // fine, offline, signed-out
let sending = Promise.resolve()
let csrf = 'kept' in dataset ? null : dataset.csrf // a kept page's token may be of a session that has ended
let signedIn = csrf ? dataset.person : null

export const me = () => signedIn ?? dataset.person ?? null
export const howItStands = () => standing

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }))
export const changed = () => {
  tell('queue:changed')
  others?.postMessage('changed')
}
others?.addEventListener('message', () => tell('queue:changed'))

const fieldsOf = (form, submitter) =>
  [...new FormData(form, submitter)].filter(([name, value]) => name !== 'csrf_token' && !(value instanceof File && !value.size))

/** Keeps what somebody did; resolves with the act once it is safe on the tablet. */
export const keep = async ({ order, act, what, url, fields, at = new Date(businessNow()).toISOString() }) => {
  const kept = { key: crypto.randomUUID(), at, person: me(), order, act, what, url, fields, state: 'waiting', told: null }
  kept.seq = await addAct(kept)
  changed()
  return kept
}

/** Keeps a form that carries `data-queue` (see queued in forms.html). */
export const keepForm = (form, submitter) => {
  const { queue, order, what } = form.dataset
  return keep({ order, act: queue, what, url: new URL(form.action).pathname, fields: fieldsOf(form, submitter) })
}

const isJSON = (answer) => /[/+]json/.test(answer.headers.get('content-type') ?? '')

/** Asks who is signed in: a page's own token may be old. */
const recognise = async () => {
  const answer = await fetch('/session', { signal: AbortSignal.timeout(smallPatience) })
  if (!isJSON(answer)) throw new TypeError('not our server') // a network that wants a sign-in of its own
  if (answer.status === 401) return false
  if (!answer.ok) throw new TypeError(`session: ${answer.status}`)
  const told = await answer.json()
  csrf = told.csrf_token
  signedIn = told.name
  return true
}

const post = async (act, watched) => {
  const body = new FormData()
  for (const [name, value] of act.fields) body.append(name, value)
  const stamp = { id: await deviceId(), seq: act.seq, at: act.at, by: act.person, watched }
  return fetch(act.url, {
    method: 'POST',
    body,
    headers: { 'X-CSRFToken': csrf, 'Idempotency-Key': act.key, 'Rackside-Device': JSON.stringify(stamp) },
    signal: AbortSignal.timeout(act.fields.some(([, value]) => value instanceof Blob) ? photoPatience : smallPatience),
  })
}

/** What became of one act: `{done, location, toDecide}`, `{refused}`, or `{again}` when the token must be asked for anew. */
const send = async (act, watched) => {
  const answer = await post(act, watched)
  if (!isJSON(answer)) throw new TypeError('not our server')
  const told = await answer.json()
  if (answer.ok) return { done: true, location: told.location, toDecide: told.to_decide }
  if (answer.status === 401 || told.code === 'csrf') return { again: true }
  if (refusals.includes(answer.status)) return { refused: { status: answer.status, code: told.code, detail: told.detail, errors: told.errors ?? [] } }
  throw new TypeError(`not now: ${answer.status}`)
}

const settled = async (act, { location, refused, toDecide }, results) => {
  if (refused) await putAct({ ...act, state: 'refused', told: refused })
  else await putAct({ ...act, state: 'sent', sentAt: Date.now(), fields: act.fields.filter(([, value]) => !(value instanceof Blob)) })
  if (toDecide) rememberToDecide(act.order, toDecide, act.person)
  results.set(act.seq, { location, refused })
  changed()
}

const sendAll = async (watched) => {
  const results = new Map()
  let asked = false
  try {
    for (;;) {
      const waiting = (await allActs()).filter(({ state }) => state === 'waiting')
      if (!waiting.length) break
      if (!csrf && !(await recognise())) return say('signed-out', results)
      const act = waiting.find(({ person }) => person === me())
      if (!act) break
      const outcome = await send(act, act.seq === watched)
      if (!outcome.again) {
        await settled(act, outcome, results)
        asked = false
      } else if (asked || !(await recognise())) {
        csrf = null
        return say('signed-out', results)
      } else {
        asked = true
      }
    }
  } catch (failure) {
    if (!(failure instanceof TypeError) && !['AbortError', 'TimeoutError'].includes(failure.name)) throw failure
    return say('offline', results)
  }
  return say('fine', results)
}

const say = (state, results) => {
  standing = state
  tell('queue:changed')
  if (results.size) tell('queue:sent')
  return results
}

const alone = (work) => (navigator.locks ? navigator.locks.request('rackside-queue', work) : work())

/** Sends what waits, oldest first, one tab at a time. Resolves with what became of each act by its seq. `watched` is the
 *  seq of the act whose answer somebody waits for. */
export const flush = (watched = null) => {
  const mine = sending.then(() => alone(() => sendAll(watched)))
  sending = mine.catch(() => null)
  return mine
}
