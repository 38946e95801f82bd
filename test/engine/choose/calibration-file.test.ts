/** What was measured before, on a disk that fails: the last figures, or those being kept, are there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { CalibrationFile } from '../../../main/engine/choose/calibration-file'
import { FaultyLayer, restoreDisk, type Fault } from '../../files/faulty-layer'

// its folder is made on the disk, the file is not
const folder = mkdtempSync(join(tmpdir(), 'vlae-cache-'))
const path = join(folder, 'engines.json')
afterEach(restoreDisk)
afterAll(() => rmSync(folder, { recursive: true }))

const open = () => CalibrationFile.open(path, 'here')
const speeds = (speed: number) => ({ 'onnx-cpu label 128': speed })

it.each(['ENOSPC', 'EIO', 'EROFS', 'CRASH'].flatMap((code) => [{ code }, { code, done: true }]))(
  'at any operation of keeping a figure (%o) has the old one or the new one',
  async (how) => {
    const before = new FaultyLayer().install()
    await (await open()).change({ speeds: speeds(1) })
    restoreDisk()
    for (let at = 0, more = true; more; at++) {
      const fault: Fault = { at, ...how }
      const layer = before.left(fault).kill.install()
      const file = await open()
      await file.change({ speeds: speeds(2) })
      // to the one who has measured it, it is known
      expect(file.present.speeds).toEqual(speeds(2))
      more = layer.operations.length > at
      for (const found of Object.values(layer.left())) {
        found.install()
        // a file that could not be read counted as none
        const old = layer.operations[at] === 'read' ? [{}, speeds(1)] : [speeds(1)]
        expect([...old, speeds(2)]).toContainEqual((await open()).present.speeds)
      }
    }
  },
)
