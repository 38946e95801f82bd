/** The store of the dataset: what is shown of it follows the folder of the next run, whoever has chosen that. */
import { expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import type { Calls, DataReport } from '../../../preload/contract'
import { defaults } from '../../../renderer/lib/defaults'
import { useDataset } from '../../../renderer/stores/dataset'
import { useSettings } from '../../../renderer/stores/settings'
import { stage } from '../fake-backend'

const data = vi.fn<Calls['data']>(
  async ({ folder }) => ({ name: folder ?? 'MNIST', bundled: folder === null }) as DataReport,
)

it('is looked at again where another tab, or a reset, has changed the folder; not by its own choice', async () => {
  stage({ data, changeSettings: async (fields) => ({ ...defaults, ...fields }) as never })
  const store = useDataset()
  const settings = useSettings()
  settings.set({ ...defaults, dataFolder: '/first' })
  await nextTick()
  // nobody has looked yet
  expect(data).not.toHaveBeenCalled()
  await store.look()
  expect(store.report?.name).toBe('/first')

  await store.use('/second')
  await nextTick()
  expect(store.report?.name).toBe('/second')
  expect(data).toHaveBeenCalledTimes(2)

  settings.set(defaults)
  await settings.save()
  settings.set(defaults)
  await vi.waitFor(() => expect(store.report?.name).toBe('MNIST'))
  expect(data).toHaveBeenCalledTimes(3)
})
