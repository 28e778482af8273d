// A photo fills the screen at a tap and goes again at the next, with Close or Esc; the page behind it stays as it is.
import { say } from './words.js'

const make = (tag, more = {}) => Object.assign(document.createElement(tag), more)

const enlarge = (link) => {
  const shown = make('dialog', { className: 'enlarged', ariaLabel: link.dataset.enlarge })
  const close = make('button', { className: 'button is-main is-full', type: 'button', textContent: say('Close') })
  const image = make('img', { src: link.href, alt: link.querySelector('img')?.alt ?? link.dataset.enlarge })
  shown.append(image, make('p', { textContent: link.dataset.enlarge }), close)
  for (const one of [image, close]) one.addEventListener('click', () => shown.close())
  shown.addEventListener('close', () => {
    shown.remove()
    if (link.isConnected) link.focus({ preventScroll: true })
  })
  document.body.append(shown)
  shown.showModal()
}

export const watchPictures = () => {
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-enlarge]')
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return
    event.preventDefault()
    enlarge(link)
  })
}
