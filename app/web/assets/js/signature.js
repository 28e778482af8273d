// The signature: strokes of finger, pen or mouse become an SVG path in a box of 600 x 200. Its twin is the typed name.

const longest = 19_000
const parts = (inside) => {
  const box = inside.closest('[data-signature]')
  return { pad: box.querySelector('.pad'), strokes: box.querySelector('[data-strokes]'), drawing: box.querySelector('input[type=hidden]'), name: box.querySelector('input:not([type=hidden])') }
}

const take = ({ strokes, drawing, name }, path) => {
  strokes.setAttribute('d', path)
  drawing.value = path
  name.required = !path
  drawing.dispatchEvent(new Event('input', { bubbles: true }))
}

const within = (value, most) => Math.round(Math.min(most, Math.max(0, value)))

/** Where on the pad the pointer is: `30 160`. */
const point = (pad, { clientX, clientY }) => {
  const box = pad.getBoundingClientRect()
  return `${within(((clientX - box.left) / box.width) * 600, 600)} ${within(((clientY - box.top) / box.height) * 200, 200)}`
}

const draw = (event) => {
  const all = parts(event.target)
  const add = (letter, moved) => {
    if (all.drawing.value.length < longest) take(all, `${all.drawing.value}${letter}${point(all.pad, moved)}`)
  }
  const move = (moved) => add('L', moved)
  add('M', event)
  event.preventDefault()
  all.pad.setPointerCapture(event.pointerId)
  all.pad.addEventListener('pointermove', move)
  for (const end of ['pointerup', 'pointercancel']) all.pad.addEventListener(end, () => all.pad.removeEventListener('pointermove', move), { once: true })
}

export const watchSignatures = () => {
  document.addEventListener('pointerdown', (event) => {
    if (event.target.closest('.pad:not(.is-signed)')) draw(event)
  })
  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-clear-signature]')) take(parts(target), '')
  })
}
