// A hand scanner types the code and presses Enter. In a form with several scan fields that means "the next one",
// not "send": the form goes only when the last of them is filled. Whether a code was scanned or typed is told to the
// server (a scanner types faster than any hand); a typed one needs a reason.
import { say } from './words.js'

const fastest = 35 // ms between two keys: hands do not get there
const shortest = 3

const strokes = new WeakMap()

const nextEmpty = (field) =>
  [...field.form.querySelectorAll('[data-scan]')].find(
    (other) => other !== field && !other.value && (other.required || other.dataset.expected) && other.offsetParent,
  )

const tellEntry = (field, how) => {
  const hidden = field.dataset.entry && field.form?.querySelector(`#${CSS.escape(field.dataset.entry)}`)
  if (hidden) hidden.value = how
  field.dataset.came = how
  if (field.form) showReasons(field.form)
}

/** The reason is asked for once a code was typed. */
const showReasons = (form) => {
  const typed = [...form.querySelectorAll('[data-scan]')].some((one) => one.value && one.dataset.came !== 'scanned')
  for (const part of form.querySelectorAll('[data-typed-why]')) {
    part.hidden = !typed
    for (const field of part.querySelectorAll('select')) field.required = typed && !part.parentElement.closest('[hidden]')
  }
}

const fast = (field) => {
  const times = strokes.get(field) ?? []
  if (times.length < shortest || times.length !== field.value.length) return false
  return (times.at(-1) - times[0]) / (times.length - 1) < fastest
}

/** Put a code that the camera read into its field, as a hand scanner would. */
export const enter = (field, code) => {
  field.value = code
  tellEntry(field, 'scanned')
  field.dispatchEvent(new Event('change', { bubbles: true }))
  nextEmpty(field)?.focus()
}

const labelOf = (field) => field.labels?.[0]?.firstChild?.textContent.trim() || say('Scan the label')

/** The camera's module is loaded by the first touch on one of its buttons. While it is open the page may get its part
 *  with the field anew: what was read goes into the field that stands there now. */
const openCamera = async (asked) => {
  const label = labelOf(asked)
  const { scan } = await import('./scanner.js')
  const found = await scan(label)
  const field = document.getElementById(asked.id)
  if (!field) return
  if (!found) return field.focus()
  field.dataset.readMs = found.ms
  enter(field, found.code)
}

const camera = 'M4 7h4l2-3h4l2 3h4v13H4ZM12 16a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7'

const cameraButton = (field) => {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'button scan-open'
  button.title = say('Scan with the camera: {label}', { label: labelOf(field) })
  button.dataset.scanFor = field.id
  button.innerHTML = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="${camera}"/></svg>${say('Scan')}`
  button.addEventListener('click', () => openCamera(field))
  return button
}

const prepare = () => {
  document.querySelectorAll('form:has([data-typed-why])').forEach(showReasons)
  if (!navigator.mediaDevices?.getUserMedia) return
  for (const field of document.querySelectorAll('[data-scan]')) {
    if (!field.parentElement.querySelector('.scan-open')) field.after(cameraButton(field))
  }
}

export const watchScans = () => {
  prepare()
  document.addEventListener('live:refreshed', prepare)
  document.addEventListener('walk:moved', prepare)
  document.addEventListener('keydown', (event) => {
    if (!event.target.matches?.('[data-scan]') || !event.target.form) return
    if (event.key.length === 1) {
      const before = event.target.value ? (strokes.get(event.target) ?? []) : []
      strokes.set(event.target, [...before, event.timeStamp])
    }
    if (event.key !== 'Enter') return
    const following = nextEmpty(event.target)
    if (!following) return
    event.preventDefault()
    following.focus()
  })
  document.addEventListener('input', ({ target, isTrusted }) => {
    if (isTrusted && target.matches?.('[data-scan]')) tellEntry(target, fast(target) ? 'scanned' : 'typed')
  })
}
