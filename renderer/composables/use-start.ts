/** What Start does, wherever it is pressed: begins a run, and takes the person to a view that shows it. */
import type { Calls } from '../../preload/contract'
import { useRuns } from '../stores/runs'
import { useView, type ViewName } from '../stores/view'

/** The views that show the run that is shown. */
const ofOneRun: ReadonlySet<ViewName> = new Set(['train', 'gallery', 'checkpoints'])

export function useStart(): (input?: Parameters<Calls['start']>[0]) => Promise<void> {
  const runs = useRuns()
  const view = useView()
  return async (input) => {
    if ((await runs.start(input)) && !ofOneRun.has(view.value)) view.value = 'train'
  }
}
