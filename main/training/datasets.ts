/** The data that runs train and are measured on; the last set is kept in memory. */
import { choiceWith, hasClasses, settingsOf, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { loadDataset } from '../mnist/dataset'
import type { Dataset } from '../mnist/types'
import { dataChanged, dataGone, type RunData } from '../runs/data'

export class Datasets {
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
   * @throws AppError `run/data-gone`; `run/data-changed` when it is not what the run was trained on
   */
  async of(
    data: Pick<RunData, 'folder' | 'bundled' | 'fingerprint'>,
    bundledFolder: string | null,
    { fresh }: { fresh: boolean },
  ): Promise<Dataset> {
    const folder = data.bundled && bundledFolder !== null ? bundledFolder : data.folder
    const dataset = await (fresh ? this.load(folder) : this.get(folder)).catch((thrown: unknown) => {
      throw dataGone(folder, AppError.from(thrown))
    })
    if (dataset.fingerprint !== data.fingerprint) throw dataChanged(folder, data, dataset.fingerprint)
    return dataset
  }
}

/** @throws AppError `data/no-labels` where a model is to know the class of images that have none */
export function assertLabelled(settings: RunSettings, { name, hasLabels }: Pick<Dataset, 'name' | 'hasLabels'>): void {
  if (hasLabels || !hasClasses(settings)) return
  const choice = choiceWith(settings, false)
  let other = 'Choose data with labels.'
  if (choice !== undefined) {
    const setting = settingsOf(settings.model)[choice.name]
    const title = setting?.choices?.[choice.value] ?? choice.value
    other = `Set ${setting?.title} to “${title}” (${choice.name} ${choice.value}), or choose data with labels.`
  }
  throw new AppError(
    'data/no-labels',
    `The images of ${name} have no labels, but this model’s prior needs each image’s class.`,
    other,
  )
}
