// Menus are <details>: they work without this. Here they learn to close by Escape and by a touch elsewhere.

const openMenus = () => document.querySelectorAll('details.menu[open]')

export const watchMenus = () => {
  document.addEventListener('click', (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false
  })
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    for (const menu of openMenus()) {
      menu.open = false
      menu.querySelector('summary').focus()
    }
  })
}
