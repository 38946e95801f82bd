/** Which of the views is shown; the address keeps it, so that a reload comes back to it. */
import { Activity, Database, Images, Layers, ListTree, Minimize2, Pointer, SlidersHorizontal } from '@lucide/vue'
import { createSharedComposable, useEventListener } from '@vueuse/core'
import { ref, watch } from 'vue'

export const views = [
  { name: 'train', title: 'Train', icon: Activity },
  { name: 'gallery', title: 'Gallery', icon: Images },
  { name: 'checkpoints', title: 'Checkpoints', icon: Layers },
  { name: 'runs', title: 'Runs', icon: ListTree },
  { name: 'lossy', title: 'Lossy', icon: Minimize2 },
  { name: 'explore', title: 'Explore', icon: Pointer },
  { name: 'data', title: 'Data', icon: Database },
  { name: 'settings', title: 'Settings', icon: SlidersHorizontal },
] as const
export type ViewName = (typeof views)[number]['name']

/** The first where no view has this name. */
export function viewNamed(name: string): (typeof views)[number] {
  return views.find((view) => view.name === name) ?? views[0]
}

function fromAddress(): ViewName {
  return viewNamed(location.hash.slice(1)).name
}

export const useView = createSharedComposable(() => {
  const view = ref<ViewName>(fromAddress())
  watch(view, (name) => {
    if (location.hash.slice(1) !== name) history.replaceState(history.state, '', `#${name}`)
    document.title = `${viewNamed(name).title} · VLAE Studio`
  })
  useEventListener(window, 'hashchange', () => {
    view.value = fromAddress()
  })
  return view
})
