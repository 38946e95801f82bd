/** What the app keeps between starts: the settings, and what engines have measured. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Conf from 'conf'
import * as fc from 'fast-check'
import { openSettings } from '../../../main/app/settings'
import { CalibrationFile } from '../../../main/engine/choose/calibration-file'
import { appSettings } from '../../../preload/contract'
import { checkRefusal } from '../../files/expect-refusal'
import { jsonFile } from '../near'
import { target } from '../target'

const settings = appSettings.parse({ dataFolder: '/data', speeds: { 'onnx-cpu': 1000.5 } })
const measured = {
  machine: 'here',
  speeds: { 'onnx-cpu label 128': 1000 },
  refused: { 'onnx-cuda': { code: 'engine/slow', message: 'It is slow.', remedy: 'None.' } },
  trying: { engine: 'onnx-webgpu', owner: { pid: 1, host: 'here', boot: 'b', space: null, start: '1' } },
  ends: { 'onnx-webgpu': 1 },
}

export const stores = [
  target({
    name: 'settings',
    inputs: fc.record({
      file: jsonFile(fc.constant(settings)),
      theme: fc.constantFrom('light' as const, 'dark' as const),
    }),
    open: async (cwd) => {
      const path = join(cwd, 'settings.json')
      const open = () => openSettings((deserialize) => new Conf({ cwd, configName: 'settings', deserialize }))
      return {
        try({ file, theme }) {
          for (const name of readdirSync(cwd)) rmSync(join(cwd, name))
          writeFileSync(path, file)
          const opened = open()
          appSettings.parse(opened.current)
          if (opened.problem !== null) {
            checkRefusal(opened.problem)
            // nothing is lost: the file as it was lies beside it
            const kept = readdirSync(cwd).filter((name) => name.includes('unusable'))
            assert.ok(
              kept.some((name) => readFileSync(join(cwd, name)).equals(file)),
              'the file was not kept as it was',
            )
          }
          const now = opened.change({ theme })
          assert.deepEqual(open().current, now)
          assert.equal(now.theme, theme)
        },
      }
    },
  }),
  target({
    name: 'engine-cache',
    inputs: jsonFile(fc.constant(measured)),
    open: async (folder) => {
      const path = join(folder, 'engines.json')
      return {
        async try(file) {
          writeFileSync(path, file)
          const opened = await CalibrationFile.open(path, 'here')
          await opened.change({ speeds: { ...opened.present.speeds, new: 5 } })
          const again = await CalibrationFile.open(path, 'here')
          assert.deepEqual(again.present, opened.present)
        },
      }
    },
  }),
]
