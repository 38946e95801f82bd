/** Files that a person brings along: a run that was packed is imported, weights are offered to begin with. */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { endingsOf, kindOfFile, type FoundWeights, type GivenFile } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { useBackend } from '../backend/backend'
import { plural } from '../lib/format'
import { handedOver } from '../lib/hand-over'
import { useConnection } from './connection'
import { useRuns } from './runs'
import { useView } from './view'

/** What a file dialog offers. */
export const broughtFiles = Object.values(endingsOf).flat().join()

/** Weights that a run can begin with, until the person has decided. */
interface Offered {
  readonly file: GivenFile
  readonly found: FoundWeights
}

export const useBrought = defineStore('brought', () => {
  const backend = useBackend()
  const connection = useConnection()
  const runs = useRuns()
  const view = useView()
  /** Shown by a dialog. */
  const weights = shallowRef<Offered | null>(null)
  /** Something is on its way: one thing at a time. */
  const busy = ref(false)

  /** Takes a file in, or says why not. */
  async function take(file: File): Promise<void> {
    const kind = kindOfFile(file.name)
    if (kind === null) return connection.report(unknown(file.name))
    if (busy.value) return connection.report(another(file.name))
    busy.value = true
    try {
      await connection.attempt(() => (kind === 'run' ? importRun(file) : offer(file)))
    } finally {
      busy.value = false
    }
  }

  /** A file as the app is told of it: by its path where that is known, else handed over. */
  async function given(file: File): Promise<GivenFile> {
    const path = backend.pathOf?.(file) ?? ''
    if (path !== '') return { path }
    const title = `Handing over ${file.name}`
    const upload = await connection.during(title, (progress, signal) =>
      handedOver(file, backend.call, progress, signal),
    )
    return { upload }
  }

  /** What was handed over is not needed any more. */
  async function drop(file: GivenFile): Promise<void> {
    if ('upload' in file) await backend.call.dropUpload(file).catch(() => undefined)
  }

  async function importRun(file: File): Promise<void> {
    const at = await given(file)
    try {
      const { run, name, left } = await backend.call.importRun({ task: crypto.randomUUID(), file: at })
      const without = left.length === 0 ? '' : ` Left out, no files of a run: ${listed(left)}.`
      runs.show(run)
      connection.say({
        kind: 'note',
        message: `“${name}” was imported.${without}`,
        ...(view.value !== 'runs' && { action: { label: 'Show in Runs', run: () => (view.value = 'runs') } }),
      })
    } finally {
      await drop(at)
    }
  }

  async function offer(file: File): Promise<void> {
    const at = await given(file)
    try {
      const found = await backend.call.lookAtWeights({ file: at })
      await decline()
      weights.value = { file: at, found }
    } catch (thrown) {
      await drop(at)
      throw thrown
    }
  }

  /** They are not wanted, or have been begun with. */
  async function decline(): Promise<void> {
    const before = weights.value
    weights.value = null
    if (before !== null) await drop(before.file)
  }

  return { weights, busy, take, decline }
})

const takes = 'Take a run that was packed as one file (.zip), or weights (.pt, .pth, .safetensors).'

function unknown(name: string): AppError {
  return new AppError('upload/unknown-kind', `“${name}” is neither a run nor weights.`, takes)
}

function another(name: string): AppError {
  return new AppError('upload/busy', `“${name}” has to wait: another file is on its way.`, 'Wait for it, or stop it.')
}

function listed(names: readonly string[]): string {
  const more = names.length - 3
  return names.slice(0, 3).join(', ') + (more > 0 ? ` and ${plural(more, 'more', 'more')}` : '')
}
