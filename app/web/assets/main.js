import { watchCodes } from './js/code.js'
import { watchDecisions } from './js/decide.js'
import { keepPages } from './js/keep.js'
import { watchPictures } from './js/enlarge.js'
import { watchForms } from './js/form.js'
import { watchGuards } from './js/guard.js'
import { watchLive } from './js/live.js'
import { watchMenus } from './js/menu.js'
import { watchPhotos } from './js/photo.js'
import { watchNewOrder } from './js/new-order.js'
import { watchNotSent } from './js/not-sent.js'
import { watchQueuedForms } from './js/queued-forms.js'
import { watchPrint } from './js/print.js'
import { tickTimes } from './js/relative-time.js'
import { watchScans } from './js/scan.js'
import { watchSignatures } from './js/signature.js'
import { watchSync } from './js/sync.js'
import { watchThemeChoices } from './js/theme-choices.js'
import { watchTimers } from './js/timer.js'
import { watchWalk } from './js/walk.js'

watchThemeChoices()
watchMenus()
watchQueuedForms()
watchForms()
watchPhotos()
watchPictures()
tickTimes()
watchScans()
watchGuards()
watchCodes()
watchPrint()
watchSignatures()
watchTimers()
watchLive()
watchNewOrder()
watchWalk()
watchDecisions()
watchNotSent()
watchSync()
keepPages()
