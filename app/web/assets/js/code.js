// The one-time code that Level 1 reads out: checked on the tablet by the salted hashes that its page holds, by the
// tablet's own clock. The server checks it again, and that it was read out and not used before.
import { businessNow } from './relative-time.js'
import { say } from './words.js'

const length = 8
const used = 'codes-used'

const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const bytesOf = (text) => Uint8Array.from(text.match(/../g), (pair) => Number.parseInt(pair, 16))

const hash = async (code, { salt, rounds }) => {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(code), 'PBKDF2', false, ['deriveBits'])
  return hex(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: bytesOf(salt), iterations: rounds }, key, 256))
}

/** In words what the tablet can say of this code now. */
const judge = async (code, held) => {
  const now = Math.floor(businessNow() / 1000 / held.window_s) - held.first
  const found = held.hashes.indexOf(await hash(code, held))
  if (found < 0 || found > now || found < now - 1) return ['wrong', found < 0 ? say('This is not the code that is asked for here.') : say('This code has ended. Ask for a new one.')]
  if ((localStorage.getItem(used) ?? '').includes(held.hashes[found])) return ['wrong', say('This code was used on this tablet already.')]
  return ['fits', say('The code fits: it stands for fresh diagnostics.'), held.hashes[found]]
}

const check = async (field) => {
  const frame = field.closest('[data-codes]')
  const told = frame.querySelector('[data-code-told]')
  const code = field.value.toUpperCase().replace(/[^A-Z0-9]/g, '')
  if (!code || !frame.dataset.codes || !crypto.subtle) {
    told.textContent = ''
    return field.setCustomValidity('')
  }
  const [state, words, spent] = code.length < length ? ['wrong', say('{count} more', { count: length - code.length })] : await judge(code, JSON.parse(frame.dataset.codes))
  told.textContent = words
  field.dataset.spent = spent ?? ''
  field.setCustomValidity(state === 'fits' ? '' : words)
}

export const watchCodes = () => {
  document.addEventListener('input', ({ target }) => {
    if (target.closest?.('[data-codes]')) check(target)
  })
  document.addEventListener('submit', ({ target }) => {
    const spent = target.querySelector('[data-codes] input')?.dataset.spent
    if (spent && target.checkValidity()) localStorage.setItem(used, `${(localStorage.getItem(used) ?? '').slice(-2000)} ${spent}`)
  })
}
