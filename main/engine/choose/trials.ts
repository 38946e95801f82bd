/** Short trials of engines: whether they compute right and how fast they are, kept in a file, safe against crashes. */
import { release } from 'node:os'
import { env } from 'onnxruntime-common'
import { version } from '../../../package.json'
import type { EngineName } from '../../../preload/contract'
import { AppError } from '../../../preload/errors'
import { isAlive, thisProcess } from '../../files/owner'
import type { Learner, LearnerOptions } from '../engine'
import { tf } from '../tfjs/tfjs'
import { measure } from './calibrate'
import { CalibrationFile } from './calibration-file'
import { graphicsDevices, type System } from './graphics'
import type { Usable } from './probe'

/** Compares a learner's step with the CPU's. @throws AppError `engine/wrong-result` */
export type Check = (learner: Learner, name: EngineName, options: LearnerOptions) => Promise<void>

/** Once may have been a person who had no patience. */
const mostEnds = 2

export class Trials {
  private constructor(
    private readonly file: CalibrationFile,
    private readonly check: Check,
  ) {}

  static async open(path: string, system: System, check: Check): Promise<Trials> {
    const file = await CalibrationFile.open(path, await hardwareOf(system))
    const { trying, ends } = file.present
    if (trying && (await isAlive(trying.owner)) === 'gone') {
      const { engine } = trying
      const times = (ends[engine] ?? 0) + 1
      await file.change({ trying: null, ends: { ...ends, [engine]: times } })
      if (times >= mostEnds) await file.refuse(engine, endedTheApp(engine).toData())
    }
    return new Trials(file, check)
  }

  /** Why an engine is left alone, if it is: it computed wrong, or ended the process. */
  refusal(name: EngineName): AppError | null {
    const data = this.file.present.refused[name]
    return data ? AppError.fromData(data) : null
  }

  /** Images per second, if they were measured before. */
  known(name: EngineName, workload: LearnerOptions): number | undefined {
    return this.file.present.speeds[key(name, workload)]
  }

  /** Images per second, measured now. @throws AppError when it computes wrong or not at all, and the signal's reason */
  async measure(found: Usable, workload: LearnerOptions, signal?: AbortSignal): Promise<number> {
    const { name } = found
    return this.guarded(name, async () => {
      const learner = await (await found.make()).learner(workload)
      try {
        if (found.processor !== 'cpu') await this.check(learner, name, workload)
        const speed = await measure(learner, workload, { signal })
        await this.file.change({ speeds: { ...this.file.present.speeds, [key(name, workload)]: speed } })
        return speed
      } catch (thrown) {
        const error = AppError.from(thrown)
        if (error.code === 'engine/wrong-result') await this.file.refuse(name, error.toData())
        throw error
      } finally {
        await learner.release()
      }
    })
  }

  /** Does something that may end the process: the next one then knows what it was. */
  async guarded<T>(name: EngineName, work: () => Promise<T>): Promise<T> {
    if (name === 'onnx-cpu' || name === 'tfjs-cpu') return work()
    await this.file.change({ trying: { engine: name, owner: await thisProcess() } })
    try {
      return await work()
    } finally {
      await this.file.change({ trying: null, ends: { ...this.file.present.ends, [name]: 0 } })
    }
  }
}

/** All that a figure depends on, as text. */
async function hardwareOf(system: System): Promise<string> {
  const { platform, processor } = system
  const graphics = (await graphicsDevices(system)).map(({ name }) => name)
  const driver = (await system.read('/proc/driver/nvidia/version'))?.split('\n')[0] ?? release()
  const versions = [version, env.versions.common, tf.version_core, process.versions.node]
  return [platform, process.arch, processor, ...graphics, driver, ...versions].join(' · ')
}

/** What a figure holds for, besides the machine. */
function key(name: EngineName, { batch, model, lanes }: LearnerOptions): string {
  return name === 'onnx-cpu' ? `${name} ${model.name} ${batch} ${lanes}` : `${name} ${model.name} ${batch}`
}

function endedTheApp(name: EngineName): AppError {
  return new AppError(
    'engine/ended-the-app',
    `The app ended twice while it tried ${name}, so it is left alone.`,
    `Update the driver of the device. To try again all the same, choose ${name} by its name.`,
  )
}
