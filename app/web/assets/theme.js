// Runs before the first paint: wears the theme and the glove size this tablet was last given.
const root = document.documentElement
const wish = (name) => {
  try {
    return localStorage.getItem(name)
  } catch {
    return null // storage refused: the system's own preference decides
  }
}
const prefers = (query) => matchMedia(query).matches

const wear = () => {
  const theme = wish('theme')
  const system = prefers('(prefers-contrast: more)') ? 'contrast' : prefers('(prefers-color-scheme: dark)') ? 'dark' : 'light'
  root.dataset.theme = ['light', 'dark', 'contrast'].includes(theme) ? theme : system
  root.dataset.themeWish = theme ?? 'auto'
  root.dataset.glove = wish('glove') === 'on' ? 'on' : 'off'
}

wear()
for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)']) {
  matchMedia(query).addEventListener('change', wear)
}
addEventListener('theme:changed', wear)
addEventListener('storage', wear)
