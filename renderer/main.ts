/** Starts the page: styles, stores, and the backend it talks to. */
import '@fontsource-variable/inter/wght.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/surfaces.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { backendKey } from './backend/backend'
import { liveBackend } from './backend/live'
import App from './shell/App.vue'

const app = createApp(App)
// that of the page's tests takes a moment
app.provide(backendKey, await liveBackend())
app.use(createPinia())
app.mount('#app')
