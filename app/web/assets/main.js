import { watchForms } from './js/form.js'
import { watchLive } from './js/live.js'
import { watchMenus } from './js/menu.js'
import { watchPhotos } from './js/photo.js'
import { watchNewOrder } from './js/new-order.js'
import { tickTimes } from './js/relative-time.js'
import { watchScans } from './js/scan.js'
import { watchThemeChoices } from './js/theme-choices.js'

watchThemeChoices()
watchMenus()
watchForms()
watchPhotos()
tickTimes()
watchScans()
watchLive()
watchNewOrder()
