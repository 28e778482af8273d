// What this tablet has done and not yet sent: an IndexedDB, which outlives the tab, the browser and the sign-in.
// An act: {seq, key, at, person, order, act, what, url, fields: [[name, text or Blob]], state, told}
// `seq` is this device's own count, `key` the act's Idempotency-Key, `state` waiting, refused (`told` says why) or sent:
// what is sent stays until a page is seen that knows of it, for an older page may be all there is without network.

let opened = null

const promised = (request) =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })

const database = () =>
  (opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open('rackside', 1)
    request.addEventListener('upgradeneeded', () => {
      request.result.createObjectStore('acts', { keyPath: 'seq', autoIncrement: true })
      request.result.createObjectStore('device')
    })
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  }))

/** Runs `work(store)` in one transaction; done when it is on the disk. */
const within = async (name, mode, work) => {
  const transaction = (await database()).transaction(name, mode, { durability: 'strict' })
  const done = new Promise((resolve, reject) => {
    transaction.addEventListener('complete', resolve)
    transaction.addEventListener('abort', () => reject(transaction.error))
  })
  const result = await work(transaction.objectStore(name))
  await done
  return result
}

export const allActs = () => within('acts', 'readonly', (store) => promised(store.getAll()))
/** What has not reached the server. */
export const unsentActs = async () => (await allActs()).filter(({ state }) => state !== 'sent')
export const addAct = (act) => within('acts', 'readwrite', (store) => promised(store.add(act)))
export const putAct = (act) => within('acts', 'readwrite', (store) => promised(store.put(act)))
export const dropAct = (seq) => within('acts', 'readwrite', (store) => promised(store.delete(seq)))

/** This device's name, made once. */
export const deviceId = () =>
  within('device', 'readwrite', async (store) => {
    const known = await promised(store.get('id'))
    if (known) return known
    const made = crypto.randomUUID()
    await promised(store.put(made, 'id'))
    return made
  })
