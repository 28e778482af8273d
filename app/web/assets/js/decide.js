// Orders of which somebody has to choose between two versions of a step: the server says so when it takes what this
// tablet sends, and every page of the order that comes fresh from it says how many are left.
const key = 'rackside-to-decide'

const all = () => JSON.parse(localStorage.getItem(key) ?? '{}')

/** What `person` should know of: [[order, how many]]. */
export const toDecide = (person) => Object.entries(all()).filter(([, one]) => one.person === person).map(([order, { count }]) => [order, count])

export const rememberToDecide = (order, count, person) => {
  const known = all()
  if (count) known[order] = { count, person }
  else delete known[order]
  localStorage.setItem(key, JSON.stringify(known))
}

const heed = () => {
  const told = document.getElementById('to-decide')
  const { kept, person } = document.documentElement.dataset
  if (!told || kept !== undefined || !(told.dataset.order in all())) return
  rememberToDecide(told.dataset.order, Number(told.dataset.open), person)
  document.dispatchEvent(new CustomEvent('queue:changed'))
}

export const watchDecisions = () => {
  heed()
  document.addEventListener('live:refreshed', heed)
}
