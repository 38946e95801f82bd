/** The store of settings: seen at once, told to the app a little later, put back when it is refused. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { appSettings, type AppSettings, type Calls } from '../../../preload/contract'
import { AppError } from '../../../preload/errors'
import { defaults } from '../../../renderer/lib/defaults'
import { useConnection } from '../../../renderer/stores/connection'
import { useFields } from '../../../renderer/stores/fields'
import { useSettings } from '../../../renderer/stores/settings'
import { stage } from '../fake-backend'

let app: AppSettings
const changeSettings = vi.fn<Calls['changeSettings']>()

beforeEach(() => {
  vi.useFakeTimers()
  app = appSettings.parse({})
  changeSettings.mockReset()
  changeSettings.mockImplementation(async (fields) => (app = appSettings.parse({ ...app, ...fields })))
  stage({ changeSettings })
})
afterEach(() => {
  vi.useRealTimers()
})

it('tells the app once about several changes in a row', async () => {
  const settings = useSettings()
  settings.changeRun('epochs', 4)
  settings.changeRun('epochs', 40)
  settings.changeRun('batch', 64)
  settings.change({ theme: 'dark' })
  expect([settings.current.run.epochs, settings.current.theme]).toEqual([40, 'dark'])
  await vi.advanceTimersByTimeAsync(300)
  expect(changeSettings).toHaveBeenCalledTimes(1)
  expect(app).toMatchObject({ run: { epochs: 40, batch: 64 }, theme: 'dark' })
})

it('does not lose what is being changed when the app tells of another change', async () => {
  const settings = useSettings()
  settings.changeRun('epochs', 40)
  settings.set({ ...defaults, theme: 'light' })
  expect([settings.current.run.epochs, settings.current.theme]).toEqual([40, 'light'])
  await settings.save()
  expect(app.run.epochs).toBe(40)
})

it('takes a folder only once the app has, and leaves what is wrong with it to whoever asked', async () => {
  const refusal = new AppError('folder/not-writable', 'Nothing can be written to /nowhere.', 'Choose another.')
  changeSettings.mockRejectedValueOnce(refusal)
  const settings = useSettings()
  await expect(settings.put({ resultFolder: '/nowhere' })).rejects.toBe(refusal)
  expect([settings.current.resultFolder, useConnection().notices]).toEqual([null, []])
  settings.changeRun('epochs', 40)
  await settings.put({ resultFolder: '/here' })
  expect(app).toMatchObject({ resultFolder: '/here', run: { epochs: 40 } })
  expect(settings.current).toEqual(app)
})

it('leaves what is said of a folder to the last one that was asked for', async () => {
  const refusal = new AppError('folder/not-writable', 'Nothing can be written to /slow.', 'Choose another.')
  let refuse: (error: AppError) => void
  changeSettings.mockReturnValueOnce(new Promise((_, reject) => (refuse = reject)))
  const settings = useSettings()
  const moves = [settings.moveResults('/slow'), settings.moveResults('/here')]
  await moves[1]
  refuse!(refusal)
  await Promise.all(moves)
  expect([settings.current.resultFolder, settings.resultProblem]).toEqual(['/here', null])
})

it('puts back what the app does not take, and says why', async () => {
  changeSettings.mockRejectedValue(
    new AppError('settings/read-only', 'The settings cannot be written.', 'Check the disk.'),
  )
  const settings = useSettings()
  settings.change({ resultFolder: '/nowhere' })
  await vi.advanceTimersByTimeAsync(300)
  expect(settings.current.resultFolder).toBeNull()
  expect(useConnection().notices).toMatchObject([{ message: 'The settings cannot be written.' }])
})

it('takes a preset over whole, and forgets what was typed wrong of a setting that is not asked for any more', async () => {
  const [settings, fields] = [useSettings(), useFields()]
  settings.changeRun('seed', 7)
  settings.changeModel('vlae')
  expect(settings.current.run).toMatchObject({ model: 'vlae', batch: 100, seed: 7 })
  settings.changeRun('window', '4x2')
  fields.mark('hidden', { view: 'settings', text: '9' })
  fields.mark('epochs', { view: 'settings', text: 'x' })
  settings.choosePreset('gaussian-prior')
  expect(settings.current.run).toMatchObject({ prior: 'gaussian', window: 'triangle', seed: 7 })
  expect([...fields.wrong.keys()]).toEqual(['epochs'])
  await vi.advanceTimersByTimeAsync(300)
  expect(app.run).toEqual(settings.current.run)
})
