// Forms: an echo at once, one submission only, nothing typed is lost by accident.

const dirty = new Set()

const echo = (form, button) => {
  form.dataset.sending = ''
  const pressed = button ?? form.querySelector('button[type=submit], button:not([type])')
  if (!pressed) return
  pressed.setAttribute('aria-busy', 'true')
  if (pressed.dataset.echo) {
    pressed.dataset.words = pressed.textContent
    pressed.textContent = pressed.dataset.echo
  }
}

const settle = (form) => {
  delete form.dataset.sending
  for (const button of document.querySelectorAll('button[aria-busy]')) {
    if (button.form !== form) continue
    button.removeAttribute('aria-busy')
    if (button.dataset.words) button.textContent = button.dataset.words
  }
}

const submitting = (event) => {
  const form = event.target
  if ('sending' in form.dataset) {
    event.preventDefault()
    return
  }
  if (event.defaultPrevented) return
  dirty.delete(form)
  echo(form, event.submitter)
}

export const isDirty = (element) => [...dirty].some((form) => form.isConnected && element.contains(form))

export const watchForms = () => {
  document.addEventListener('submit', submitting)
  document.addEventListener('input', ({ target }) => {
    if (target.form?.matches('[data-unsaved]')) dirty.add(target.form)
  })
  document.addEventListener('htmx:afterRequest', ({ target }) => {
    const form = target.closest('form')
    if (form) settle(form)
  })
  addEventListener('beforeunload', (event) => {
    if ([...dirty].some((form) => form.isConnected)) event.preventDefault()
  })
  // Back to a page that the browser kept: its buttons are fresh again.
  addEventListener('pageshow', () => document.querySelectorAll('form[data-sending]').forEach(settle))
  document.querySelector('[data-focus-first]')?.focus()
}
