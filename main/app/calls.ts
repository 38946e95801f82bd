/** The contract's calls, each as a person means it, on top of what the studio has. */
import { basename, join } from 'node:path'
import {
  hasClasses,
  questions,
  type CallHandlers,
  type PictureKind,
  type RunId,
  type RunNotes,
} from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { soon } from '../files/soon'
import { dropCode, keepCode, readCodes } from '../runs/codes'
import { knownData, locateData } from '../runs/data'
import { weightsName } from '../runs/names'
import { shippedRun } from '../runs/shipped'
import type { StartOptions } from '../trainer/api'
import { aboutOf, licencesOf, showFolder } from './about'
import { diagnostics } from './diagnostics'
import { describeEngines } from './engines'
import { assertUsable } from './folders'
import { readPicture } from './pictures'
import type { Origin } from './run-queue'
import type { Studio } from './studio'
import { takeAlong } from './take-along'
import { lookAtWeights, takeIn } from './take-in'
import type { Uploads } from './uploads'

/** Milliseconds: a disk that does not answer holds up no page. */
const queuePatience = 5000

/** @param uploads of the page that calls */
export function createCalls(studio: Studio, uploads: Uploads): CallHandlers {
  /** Whether a run's pictures of this kind have a row a class. */
  async function byClass(run: string, kind: PictureKind): Promise<boolean> {
    const file = kind === 'samples' ? await studio.runs.file(run).catch(unlessLost) : undefined
    return file !== undefined && hasClasses(file.settings)
  }

  /** Result folders that were asked for: the last one counts, however long the disk of one before takes to answer. */
  let moves = 0

  return {
    snapshot: async () => {
      // what a disk is waited for comes first: of all else a page is told meanwhile, and this must not be older
      const shipped = await shippedRun()
      await soon(studio.queue.show(), queuePatience, null)
      const shown = await studio.shelf.show()
      return {
        app: studio.info,
        settings: studio.settings.current,
        training: studio.training,
        ...shown,
        shipped,
        queue: studio.queue.state,
        tasks: studio.tasks.list,
        notices: studio.notices,
      }
    },
    ping: async () => undefined,
    history: ({ run, since, points }) => studio.history(run, since, points),

    start: async ({ settings, name, notes, from, like }) => {
      const { current } = studio.settings
      const wished = { ...(name === undefined ? {} : { name }), ...(notes && { notes }) }
      const begin = async (options: Omit<StartOptions, 'resultFolder'>) =>
        basename(await studio.open((trainer) => trainer.start({ ...options, resultFolder: studio.resultFolder })))
      const fresh = { settings: settings ?? current.run, dataFolder: current.dataFolder, ...wished }
      if (from !== undefined && 'file' in from)
        return uploads.use(from.file, (file) => begin({ ...fresh, from: { file } }))
      // a run whose run.json is lost still has its weights
      const source = from
        ? await studio.runs.file(from.run).catch(unlessLost)
        : like === undefined
          ? undefined
          : await studio.runs.file(like)
      return begin({
        ...fresh,
        ...(source && { ...knownData(source), settings: settings ?? source.settings }),
        ...(from && { from: { runFolder: studio.runs.pathOf(from.run), epoch: from.epoch } }),
      })
    },
    pause: () => studio.trainer.pause(),
    resume: async ({ run }) => {
      const open = studio.trainer.folder && basename(studio.trainer.folder)
      if (open !== null && (run === undefined || run === open)) return studio.trainer.continue()
      if (run === undefined)
        throw new AppError('training/none', 'No run is paused.', 'Choose the run to go on with in the Runs view.')
      await studio.open((trainer) => trainer.resume({ runFolder: studio.runs.pathOf(run) }))
    },
    stop: () => studio.trainer.stop(),

    enqueue: async ({ runs, group, like }) =>
      studio.queue.add(runs, group, like === undefined ? inUse(studio) : await originOf(studio, like)),
    dequeue: ({ ids }) => studio.queue.drop(ids),
    moveQueued: ({ id, to }) => studio.queue.move(id, to),
    pauseQueue: () => studio.queue.pause(),
    continueQueue: () => studio.queue.continue(),

    checkpoints: ({ run }) => studio.runs.checkpoints(run),
    describe: async ({ run, name, ...notes }) => {
      if (name !== undefined) await studio.runs.rename(run, name)
      const change = given<RunNotes>(notes)
      if (Object.keys(change).length > 0) await studio.runs.note(run, change)
      await studio.shelf.announce(run)
    },
    remove: async ({ run, epoch }) => {
      await studio.shelf.remove(run, epoch)
    },
    restore: ({ run, epoch }) => studio.shelf.restore(run, epoch),

    picture: async ({ run, epoch, kind }) =>
      readPicture(studio.runs.pathOf(run), { epoch, kind, classes: await byClass(run, kind) }),
    takeAlong: ({ run, ...wanted }) => takeAlong(studio.runs.pathOf(run), wanted, studio.info.version),
    savedCodes: async ({ run }) => readCodes(await studio.runs.folderOf(run)),
    saveCode: async ({ run, code }) => keepCode(await studio.runs.folderOf(run), code),
    dropCode: async ({ run, id }) => dropCode(await studio.runs.folderOf(run), id),
    beginUpload: (file) => uploads.begin(file),
    addToUpload: (piece) => uploads.add(piece),
    dropUpload: ({ upload }) => uploads.drop(upload),
    importRun: ({ task, file }) =>
      uploads.use(file, (path, name) =>
        studio.tasks.run(task, `Importing ${name}`, async (signal, onProgress) => {
          const taken = await takeIn(path, studio.resultFolder, { signal, onProgress })
          await studio.shelf.announce(taken.run)
          return taken
        }),
      ),
    lookAtWeights: ({ file }) =>
      uploads.use(file, (path, name) => lookAtWeights(path, name, studio.settings.current.run)),
    sketch: async ({ run, kind }) => studio.sketch(run, kind, await byClass(run, kind)),
    ask: async ({ run, epoch, task, question }) => {
      const asked = { runFolder: studio.modelOf(run), epoch, question }
      const { title } = questions[question.type]
      if (title === null) return (await studio.trainer.ask(asked)).answer
      const { answer } = await studio.tasks.run(task, title(epoch), (signal, onProgress) =>
        studio.trainer.ask({ ...asked, signal, onProgress }),
      )
      return answer
    },

    data: ({ task, folder = studio.settings.current.dataFolder }) =>
      studio.tasks.run(task, 'Reading the data', () => studio.inspector.report(folder)),
    locateData: ({ run, task, folder }) =>
      studio.tasks.run(task, 'Reading the data', async (signal) => {
        await locateData(studio.runs.pathOf(run), folder, signal)
        await studio.shelf.announce(run)
      }),
    digits: (options) => studio.inspector.digits(options),

    changeSettings: async (patch) => {
      const { resultFolder, ...others } = patch
      if (resultFolder === undefined) return studio.settingsChanged(() => studio.settings.change(given(patch)))
      const idle = () => studio.assertIdle('The result folder', { queue: true })
      const move = ++moves
      idle()
      if (resultFolder !== null) await assertUsable(resultFolder)
      // a run may have begun while the disk was asked
      idle()
      return studio.settingsChanged(() => studio.settings.change(given(move === moves ? patch : others)))
    },
    resetSettings: async ({ fields }) => {
      if (fields === undefined || fields.includes('resultFolder')) {
        studio.assertIdle('The result folder', { queue: true })
        moves++
      }
      return studio.settingsChanged(() => studio.settings.reset(fields))
    },

    engines: async () => {
      const { speeds, run } = studio.settings.current
      return describeEngines(await studio.trainer.engines(), speeds, run)
    },

    about: async () => aboutOf(studio),
    licences: () => licencesOf(studio),
    showFolder: ({ folder }) => showFolder(studio, folder),
    diagnostics: async () =>
      diagnostics({
        version: studio.info.version,
        door: studio.door.kind,
        versions: studio.info.versions,
        settings: studio.settings.current,
        engines: () => studio.trainer.engines(),
        troubles: () => studio.log.troubles(),
      }),

    chooseFolder: async ({ purpose }) => {
      const { dataFolder } = studio.settings.current
      const { door } = studio
      if (door.chooseFolder === undefined)
        throw new AppError('door/no-dialog', 'A browser tab has no folder dialog.', 'Type the folder’s path instead.')
      return purpose === 'data'
        ? door.chooseFolder({ title: 'Choose a folder with MNIST’s four files', start: dataFolder })
        : door.chooseFolder({ title: 'Choose where runs are kept', start: studio.resultFolder })
    },
    reveal: async ({ run, epoch }) => {
      const folder = studio.runs.pathOf(run)
      await studio.runs.file(run).catch(unlessLost)
      const path = epoch === undefined ? folder : join(folder, weightsName(epoch))
      studio.door.reveal?.(path)
      return path
    },

    cancel: async ({ task }) => studio.tasks.cancel(task),
  }
}

/** What the next run is trained on. */
function inUse({ settings }: Studio): Origin {
  return { data: { folder: settings.current.dataFolder }, from: null }
}

/**
 * What a run was trained on, and began with.
 * @throws AppError `queue/no-origin` where what it began with is not there any more; as reading its run.json does
 */
async function originOf(studio: Studio, run: RunId): Promise<Origin> {
  const file = await studio.runs.file(run)
  const { dataFolder, fingerprint } = knownData(file)
  const data = { folder: dataFolder, fingerprint }
  if (file.from === null) return { data, from: null }
  const { run: parent, epoch } = file.from
  const kept = await studio.runs.checkpoints(parent).catch(() => [])
  if (kept.some((checkpoint) => checkpoint.epoch === epoch)) return { data, from: { run: parent, epoch } }
  throw new AppError(
    'queue/no-origin',
    `“${file.name}” began with the weights of ${parent} after epoch ${epoch}, which are not here any more.`,
    'Repeat a run that began with fresh weights.',
  )
}

/** What the run was cannot be read any more; its other files may still be there. */
function unlessLost(error: unknown): undefined {
  if (!(error instanceof AppError && ['run/damaged', 'run/incomplete'].includes(error.code))) throw error
}

/** Only what is there: a field that is `undefined` is not to be changed. */
function given<T extends object>(patch: { readonly [K in keyof T]?: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<T>
}
