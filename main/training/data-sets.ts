/** The data that runs train and are measured on; the last set is kept in memory. */
import type { RunFile } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { loadDataset } from '../mnist/dataset'
import type { Dataset } from '../mnist/types'

export class DataSets {
  private last: { readonly folder: string; readonly dataset: Promise<Dataset> } | null = null

  /** @throws AppError `data/…`, `disk/…` */
  load(folder: string): Promise<Dataset> {
    const dataset = loadDataset(folder)
    this.last = { folder, dataset }
    dataset.catch(() => (this.last = null))
    return dataset
  }

  /** As it was in memory, if it was the last one loaded. */
  get(folder: string): Promise<Dataset> {
    return this.last?.folder === folder ? this.last.dataset : this.load(folder)
  }

  /**
   * The data of a run.
   *
   * @param bundledFolder where the bundled set lies now, if anywhere: the app may have moved since
   * @throws AppError `run/data-changed` when it is not what the run was trained on; `data/…`, `disk/…`
   */
  async of(run: RunFile, bundledFolder: string | null, { fresh }: { fresh: boolean }): Promise<Dataset> {
    const { data } = run
    const folder = data.bundled && bundledFolder !== null ? bundledFolder : data.folder
    const dataset = await (fresh ? this.load(folder) : this.get(folder))
    if (dataset.fingerprint === data.fingerprint) return dataset
    throw new AppError(
      'run/data-changed',
      `The data in ${folder} is not what this run was trained on: its files have changed since.`,
      'Put the files back as they were, or start a new run on the new ones.',
      { details: `SHA-256 then: ${data.fingerprint}, now: ${dataset.fingerprint}` },
    )
  }
}
