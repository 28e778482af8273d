// The theme and glove buttons of the person's menu. theme.js wears what they choose.

const choose = (name, value) => {
  try {
    if (value === 'auto') localStorage.removeItem(name)
    else localStorage.setItem(name, value)
  } catch {
    return // storage refused: nothing can be remembered
  }
  dispatchEvent(new Event('theme:changed'))
}

const show = () => {
  const { themeWish, glove } = document.documentElement.dataset
  for (const button of document.querySelectorAll('[data-choose]')) {
    const current = button.dataset.choose === 'theme' ? themeWish : glove
    button.setAttribute('aria-pressed', String(button.value === current))
  }
}

export const watchThemeChoices = () => {
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-choose]')
    if (!button) return
    choose(button.dataset.choose, button.value)
    show()
  })
  addEventListener('theme:changed', show)
  show()
}
