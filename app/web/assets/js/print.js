// The browser's own print dialog, for pages that are made to be printed.
export const watchPrint = () => {
  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-print]')) window.print()
  })
}
