// "Within two minutes of the step before": counted down second by second, also on a tablet without network, where the
// step before was done on this tablet.
import { businessNow } from './relative-time.js'
import { say } from './words.js'

let lastDone = null

const show = (timer) => {
  const until = timer.dataset.until ? Date.parse(timer.dataset.until) : lastDone && lastDone + timer.dataset.within * 1000
  if (!until) return
  const left = Math.round((until - businessNow()) / 1000)
  const whole = Math.abs(left)
  timer.querySelector('[data-left]').textContent = `${left < 0 ? `${say('over by')} ` : ''}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
  timer.classList.toggle('is-over', left < 0)
}

const tick = () => document.querySelectorAll('#act [data-within]').forEach(show)

export const watchTimers = () => {
  tick()
  setInterval(tick, 1000)
  document.addEventListener('submit', ({ target }) => {
    if (target.id === 'step') lastDone = businessNow()
  })
  document.addEventListener('live:refreshed', tick)
  document.addEventListener('walk:moved', tick)
}
