// What scripts say, in the language of the page: the page of another language than English carries their words.

const told = JSON.parse(globalThis.document?.getElementById('words')?.textContent ?? '{}')

/** `text` in the language of the page, with what stands in its gaps: say('{n} more', { n: 3 }). */
export const say = (text, gaps = {}) => (told[text] ?? text).replace(/\{(\w+)\}/g, (gap, name) => gaps[name] ?? gap)

/** How this page writes dates: as its language does; English as in Britain. */
export const dates = (() => {
  const language = globalThis.document?.documentElement.lang
  return !language || language === 'en' ? 'en-GB' : language
})()
