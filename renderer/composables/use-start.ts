/** What Start does, wherever it is pressed: begins a run, and takes the person to a view that shows it. Whether it has. */
import type { Calls } from '../../preload/contract'
import { useRuns } from '../stores/runs'
import { useView, type ViewName } from '../stores/view'

/** The views that show the run that is shown. */
const ofOneRun: ReadonlySet<ViewName> = new Set(['train', 'gallery', 'checkpoints'])

export function useStart(): (input?: Parameters<Calls['start']>[0]) => Promise<boolean> {
  const runs = useRuns()
  const view = useView()
  return async (input) => {
    const begun = await runs.start(input)
    if (begun && !ofOneRun.has(view.value)) view.value = 'train'
    return begun
  }
}
