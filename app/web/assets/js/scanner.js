// The camera reads a label into the field it was opened for: with the browser's own BarcodeDetector where it knows our
// three kinds of code, else with zxing, which is loaded only now. Comes as a part of its own: nobody pays for it before.
import { say } from './words.js'

const kinds = ['qr_code', 'code_128', 'data_matrix']
const widest = 1280

const native = async () => {
  if (!('BarcodeDetector' in globalThis)) return null
  const known = await BarcodeDetector.getSupportedFormats()
  if (!kinds.every((kind) => known.includes(kind))) return null
  const detector = new BarcodeDetector({ formats: kinds })
  return async (video) => (await detector.detect(video))[0]?.rawValue
}

const zxing = async () => {
  const [{ prepareZXingModule, readBarcodes }, { default: file }] = await Promise.all([
    import('zxing-wasm/reader'),
    import('zxing-wasm/reader/zxing_reader.wasm'),
  ])
  await prepareZXingModule({ overrides: { locateFile: () => file }, fireImmediately: true })
  const canvas = document.createElement('canvas')
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  return async (video) => {
    const scale = Math.min(1, widest / video.videoWidth)
    canvas.width = Math.round(video.videoWidth * scale)
    canvas.height = Math.round(video.videoHeight * scale)
    pen.drawImage(video, 0, 0, canvas.width, canvas.height)
    const seen = pen.getImageData(0, 0, canvas.width, canvas.height)
    const found = await readBarcodes(seen, { formats: ['QRCode', 'Code128', 'DataMatrix'], maxNumberOfSymbols: 1 })
    return found[0]?.text
  }
}

const camera = () =>
  navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } } })

const playing = (video) => (video.readyState >= 2 ? Promise.resolve() : new Promise((go) => video.addEventListener('loadeddata', go, { once: true })))
const nextFrame = (video) =>
  new Promise((go) => ('requestVideoFrameCallback' in video ? video.requestVideoFrameCallback(go) : setTimeout(go, 50)))

const sheetFor = (label) => {
  const sheet = document.createElement('dialog')
  const title = Object.assign(document.createElement('h2'), { id: 'scanner-title', textContent: label })
  const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true })
  const told = Object.assign(document.createElement('p'), { textContent: say('Opening the camera …') })
  const back = Object.assign(document.createElement('button'), { type: 'button', className: 'button is-main', textContent: say('Close and type it') })
  sheet.className = 'scanner'
  sheet.setAttribute('aria-labelledby', title.id)
  told.setAttribute('role', 'status')
  back.addEventListener('click', () => sheet.close())
  sheet.append(title, video, told, back)
  document.body.append(sheet)
  sheet.showModal()
  return { sheet, video, told }
}

const why = ({ name }) =>
  name === 'NotAllowedError' ? say('The camera is not allowed for this page: allow it in the browser, or type the code.') : say('There is no camera here: type the code, or use a hand scanner.')

const firstCode = async (sheet, video, read) => {
  while (sheet.open) {
    const code = (await read(video))?.trim()
    if (code) return code
    await nextFrame(video)
  }
  return null
}

/** Resolves with the code that was read and how long it took from the first picture on, or null when it was closed. */
export const scan = async (label) => {
  const { sheet, video, told } = sheetFor(label)
  let stream = null
  try {
    const reader = native().then((found) => found ?? zxing())
    reader.catch(() => null) // told below, once the camera is there
    stream = await camera()
    video.srcObject = stream
    await video.play()
    await playing(video)
    const since = performance.now()
    told.textContent = say('Hold the label into the picture.')
    const code = await firstCode(sheet, video, await reader)
    if (code) navigator.vibrate?.(80)
    return code && { code, ms: Math.round(performance.now() - since) }
  } catch (failure) {
    told.textContent = why(failure)
    if (sheet.open) await new Promise((go) => sheet.addEventListener('close', go, { once: true }))
    return null
  } finally {
    for (const track of stream?.getTracks() ?? []) track.stop()
    sheet.remove()
  }
}
