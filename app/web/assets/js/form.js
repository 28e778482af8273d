// Forms: an echo at once, one submission only, nothing typed is lost by accident.

const longestWait = 15_000

const dirty = new Set()

const echo = (form, pressed) => {
  form.dataset.sending = ''
  if (!pressed) return
  pressed.setAttribute('aria-busy', 'true')
  if (!pressed.dataset.echo) return
  pressed.dataset.words = pressed.textContent
  pressed.textContent = pressed.dataset.echo
}

export const settle = (form) => {
  delete form.dataset.sending
  for (const button of document.querySelectorAll('button[aria-busy]')) {
    if (button.form !== form) continue
    button.removeAttribute('aria-busy')
    if (button.dataset.words) button.textContent = button.dataset.words
  }
}

/** The form is on its way: nothing typed in it is lost any more, and its button says so. */
export const begin = (form, pressed) => {
  dirty.delete(form)
  echo(form, pressed)
  setTimeout(() => settle(form), longestWait) // an answer that never comes must not lock the form
}

/** A second touch on a form that is on its way is swallowed; the first shows its echo. */
const guard = (event, form, pressed) => {
  if ('sending' in form.dataset) event.preventDefault()
  else begin(form, pressed)
}

export const isDirty = (part) =>
  [...dirty].some((form) => form.isConnected && (part.contains(form) || form.contains(part)))

export const watchForms = () => {
  document.addEventListener('submit', (event) => {
    if (!event.defaultPrevented) guard(event, event.target, event.submitter)
  })
  document.addEventListener('htmx:beforeRequest', (event) => {
    const form = event.target.closest('form')
    if (form) guard(event, form, event.detail.requestConfig.triggeringEvent?.submitter)
  })
  document.addEventListener('htmx:afterRequest', ({ target }) => {
    const form = target.closest('form')
    if (form) settle(form)
  })
  document.addEventListener('input', ({ target }) => {
    if (target.form?.matches('[data-unsaved]')) dirty.add(target.form)
  })
  addEventListener('beforeunload', (event) => {
    if ([...dirty].some((form) => form.isConnected)) event.preventDefault()
  })
  // Back to a page that the browser kept: its buttons are fresh again.
  addEventListener('pageshow', () => document.querySelectorAll('form[data-sending]').forEach(settle))
  document.querySelector('[data-focus-first]')?.focus()
}
