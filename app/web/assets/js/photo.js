// A photo from the tablet's camera is 5 to 12 MB and carries where it was taken. It is drawn again, smaller, and so
// loses both; the form then sends it like any other field. What the tablet cannot draw is no picture: it is not taken.
import { say } from './words.js'

const longestEdge = 1600

const draw = async (file, canvas) => {
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, longestEdge / Math.max(picture.width, picture.height))
  canvas.width = Math.round(picture.width * scale)
  canvas.height = Math.round(picture.height * scale)
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85))
}

const shrink = async (input) => {
  const [file] = input.files
  const frame = input.closest('.photo')
  const status = frame.querySelector('[data-photo-status]')
  if (!file) return
  status.textContent = say('Preparing the photo …')
  try {
    const canvas = frame.querySelector('canvas')
    const blob = await draw(file, canvas)
    const kept = new DataTransfer()
    kept.items.add(new File([blob], file.name.replace(/\.\w+$/, '.jpg'), { type: 'image/jpeg' }))
    input.files = kept.files
    canvas.hidden = false
    status.textContent = say('Ready to send: {size} kB. Choose again to replace it.', { size: Math.round(blob.size / 1024) })
  } catch {
    input.value = ''
    status.textContent = say('This is no picture that can be shown: take a photo, or choose a JPEG, PNG or WebP.')
  }
}

export const watchPhotos = () => {
  document.addEventListener('change', ({ target }) => {
    if (target.matches('.photo input[type=file]')) shrink(target)
  })
}
