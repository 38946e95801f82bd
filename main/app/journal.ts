/** What of the app's life goes into its log: starts and ends, runs, what computes them, and what goes wrong. */
import { arch, release } from 'node:os'
import { basename } from 'node:path'
import type { AppInfo, CallHandlers } from '../../preload/contract'
import { AppError, type ErrorData } from '../../preload/errors'
import type { TrainerEvent } from '../trainer/events'
import type { Log } from './log'

type Asked = Parameters<CallHandlers['ask']>[0]

export class Journal {
  constructor(private readonly log: Log) {
    // does not change what comes of it
    process.on('uncaughtExceptionMonitor', this.crashed)
  }

  /** The app has started. */
  open({ door, version, versions, platform }: AppInfo, problem: AppError | null): void {
    this.log.write('info', 'start', { version, door, versions, system: `${platform} ${release()} ${arch()}` })
    if (problem !== null) this.notice(problem.toData())
  }

  /** The app ends. @param thrown why it could not save, if it could not */
  async close(thrown?: unknown): Promise<void> {
    if (thrown === undefined) this.log.write('info', 'stop')
    else this.log.write('error', 'stop', AppError.from(thrown).toData())
    process.off('uncaughtExceptionMonitor', this.crashed)
    await this.log.close()
  }

  notice({ code, message, details }: ErrorData): void {
    this.log.write('warning', 'notice', { code, message, details })
  }

  take(event: TrainerEvent): void {
    switch (event.type) {
      case 'started': {
        const { folder, resumed, step, file } = event
        this.log.write('info', 'run started', {
          run: basename(folder),
          resumed,
          step,
          ...file.engine,
          settings: file.settings,
        })
        break
      }
      case 'done':
        this.log.write('info', 'run ended', { run: basename(event.folder), status: event.status, step: event.step })
        break
      case 'failure': {
        const { folder, error, resumable } = event
        const { code, message, details } = error
        this.log.write('error', 'failure', { run: folder && basename(folder), code, message, details, resumable })
        break
      }
    }
  }

  /** The calls, each as it is, and its failure written down; that a person gave something up is none. */
  watching(calls: CallHandlers): CallHandlers {
    const entries = Object.entries(calls).map(([name, call]) => [
      name,
      async (input: never) => {
        try {
          return await (call as (input: never) => Promise<unknown>)(input)
        } catch (thrown) {
          const { code, message, details } = AppError.from(thrown)
          const named = name === 'ask' ? `ask ${(input as Asked).question.type}` : name
          if (code !== 'cancelled') this.log.write('warning', 'refused', { call: named, code, message, details })
          throw thrown
        }
      },
    ])
    return Object.fromEntries(entries) as CallHandlers
  }

  private readonly crashed = (error: Error): void => {
    this.log.write('error', 'crash', { message: error.message, details: error.stack })
  }
}
