/** Starts the page: styles, stores, and the backend it talks to. */
import '@fontsource-variable/inter/wght.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/surfaces.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { type Backend, backendKey } from './backend/backend'
import { liveBackend } from './backend/live'

async function chooseBackend(): Promise<Backend> {
  // the mode is known when the page is built: the shipped page does not contain the scripted backend
  if (import.meta.env.MODE !== 'production' && new URLSearchParams(location.search).has('scripted')) {
    const { scriptedBackend } = await import('./backend/scripted/scripted')
    return scriptedBackend(new URLSearchParams(location.search))
  }
  return liveBackend()
}

const app = createApp(App)
app.provide(backendKey, await chooseBackend())
app.use(createPinia())
app.mount('#app')
