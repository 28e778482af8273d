// A hand scanner types the code and presses Enter. In a form with several scan fields that means "the next one",
// not "send": the form goes only when the last of them is filled.

const nextEmpty = (field) =>
  [...field.form.querySelectorAll('[data-scan][required]')].find((other) => other !== field && !other.value)

export const watchScans = () => {
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !event.target.matches('[data-scan]') || !event.target.form) return
    const following = nextEmpty(event.target)
    if (!following) return
    event.preventDefault()
    following.focus()
  })
}
