/** Lets a person choose a file to bring along. */
import { useFileDialog } from '@vueuse/core'
import { broughtFiles, useBrought } from '../stores/brought'

/** @returns what the button does */
export function useFileChoice(accept = broughtFiles): () => void {
  const brought = useBrought()
  const { open, onChange } = useFileDialog({ accept, multiple: false, reset: true })
  onChange((files) => {
    const [file] = files ?? []
    if (file !== undefined) void brought.take(file)
  })
  return () => open()
}
