/** The data that a person looks at before training: what a folder holds, and a look at its digits. */
import type { DataReport, Tiles } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { imageSize } from '../../preload/images'
import { present } from '../../preload/present'
import { bundledFolder } from '../mnist/bundled'
import { inspectDataset, loadDataset, type SplitInspection } from '../mnist/dataset'
import type { Dataset } from '../mnist/types'

/** Holds the dataset that was looked at last, so that its digits can be browsed. */
export class DataInspector {
  private last: { folder: string; fingerprint: string; data: Promise<Dataset> | null } | null = null

  /** @param folder null: the bundled set. @throws AppError `data/…`, `disk/…`: the first thing that is wrong with it */
  async report(folder: string | null): Promise<DataReport> {
    const { problems, ...found } = await inspectDataset(folder ?? bundledFolder())
    if (problems[0] !== undefined) throw AppError.fromData(problems[0])
    // there is no problem: these are there
    const fingerprint = present(found.fingerprint, 'fingerprint')
    if (this.last?.folder !== found.folder || this.last.fingerprint !== fingerprint)
      this.last = { folder: found.folder, fingerprint, data: null }
    return {
      name: found.name,
      folder: found.folder,
      bundled: folder === null,
      files: [...found.files],
      notes: [...found.notes],
      fingerprint,
      classes: found.classes && [...found.classes],
      train: counted(present(found.train, 'training image')),
      test: counted(present(found.test, 'test image')),
    }
  }

  /**
   * `count` images from index `from`, or as many as there are, of the folder that `report` found good last.
   *
   * @throws AppError `data/not-looked-at`, `data/…`, `disk/…`
   */
  async digits(options: { split: 'train' | 'test'; from: number; count: number }): Promise<Tiles> {
    const { last } = this
    if (last === null)
      throw new AppError('data/not-looked-at', 'No data has been read yet.', 'Open the Data view, which reads it.')
    last.data ??= loadDataset(last.folder).catch((error: unknown) => {
      // a disk that was cut off may come back
      last.data = null
      throw error
    })
    const { hasLabels, [options.split]: split } = await last.data
    const { images, labels, count } = split
    const from = Math.min(options.from, count)
    const to = Math.min(from + options.count, count)
    return {
      rows: 1,
      columns: to - from,
      // copies: shared memory does not cross a channel
      pixels: Uint8Array.from(images.subarray(from * imageSize, to * imageSize)),
      labels: hasLabels ? Uint8Array.from(labels.subarray(from, to)) : null,
    }
  }
}

function counted({ count, perClass }: SplitInspection): DataReport['train'] {
  return { count, histogram: perClass && [...perClass] }
}
