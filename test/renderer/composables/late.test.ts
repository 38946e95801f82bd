/** What comes late, or not at all: pictures that a lost connection has cut off, engines that were asked about before. */
import { expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { idleTraining, type Calls, type EngineInfo } from '../../../preload/contract'
import { AppError } from '../../../preload/errors'
import { usePicture } from '../../../renderer/composables/use-picture'
import { useConnection } from '../../../renderer/stores/connection'
import { useNextEngine } from '../../../renderer/stores/next-engine'
import { useRuns } from '../../../renderer/stores/runs'
import { useSettings } from '../../../renderer/stores/settings'
import { span, stage, summary } from '../fake-backend'

const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

it('shows a picture that was cut off once the connection is back', async () => {
  const tiles = { rows: 1, columns: 1, pixels: new Uint8Array(784), labels: null }
  const picture = vi.fn<Calls['picture']>(async () => tiles)
  picture.mockRejectedValueOnce(new AppError('link/lost', 'Lost.', ''))
  stage({ picture, history: async ({ run, since = 0 }) => span(run, since, 20) })
  const connection = useConnection()
  connection.link = 'online'
  useRuns().reset([summary('01')], idleTraining)
  const shown = usePicture(0, 'samples')
  await settled()
  expect([shown.tiles.value, shown.error.value?.code]).toEqual([null, 'link/lost'])
  connection.link = 'lost'
  await nextTick()
  connection.link = 'online'
  await settled()
  expect([shown.tiles.value, shown.error.value]).toEqual([tiles, null])
})

it('is about the engine that is set, whichever answer comes last, and asks nothing when another speed is known', async () => {
  const answers: ((engines: EngineInfo[]) => void)[] = []
  const engines = vi.fn<Calls['engines']>(() => new Promise((resolve) => answers.push(resolve)))
  const app = stage({ engines, changeSettings: async () => useSettings().current })
  const settings = useSettings()
  const known = (name: EngineInfo['name'], automatic: boolean): EngineInfo => {
    const speed = { usable: true, reason: null, device: null, runs: null, imagesPerSecond: 10, automatic }
    return { name, title: name, ...speed } as unknown as EngineInfo
  }
  const two = [known('onnx-cpu', true), known('tfjs-cpu', false)]
  const next = app.runWithContext(() => useNextEngine())
  settings.current = { ...settings.current, run: { ...settings.current.run, engine: 'tfjs-cpu' } }
  await nextTick()
  answers[1]!(two)
  await settled()
  answers[0]!([{ ...known('tfjs-cpu', false), imagesPerSecond: 1 }])
  await settled()
  expect(next.value).toEqual({ name: 'tfjs-cpu', speeds: { 'tfjs-cpu': 10 } })
  settings.current = { ...settings.current, speeds: { 'tfjs-cpu': 20 } }
  await settled()
  expect([next.value?.speeds, engines.mock.calls.length]).toEqual([{ 'tfjs-cpu': 20 }, 2])
})
