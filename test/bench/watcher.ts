/** An app's training, followed without a page: what the benches of the page wait for. */
import { socketChannel } from '../../preload/channels'
import type { AppEvent } from '../../preload/contract'
import { connectToApp, type App } from '../../preload/seam'
import { dial } from '../browser/dial'
import type { Door } from './door'

/** A page without its looks: it starts training and hears of every step. */
export interface Watcher {
  readonly app: App
  /** The last step heard of. */
  readonly now: number
  /** 0 before training is told of. */
  readonly stepsPerEpoch: number
  /** Resolves when so many steps are left in the epoch, so that no test falls among them. */
  roomFor(steps: number): Promise<void>
  /** The first news of a step at or after this one. `at`: milliseconds. */
  step(step: number): Promise<{ step: number; at: number }>
  epochEnd(): Promise<void>
  epoch(epoch: number): Promise<void>
  close(): void
}

export async function watch({ url }: Door): Promise<Watcher> {
  const socket = await dial(url)
  let [now, epoch, stepsPerEpoch] = [0, -1, 0]
  const listeners = new Set<() => void>()
  const app = connectToApp(
    {
      events(batch: AppEvent[]) {
        for (const event of batch) {
          if (event.type === 'training') {
            now = event.training.step
            stepsPerEpoch = event.training.steps / Math.max(1, event.training.epochs)
          }
          if (event.type === 'metrics') epoch = event.span.epochs.at(-1)?.epoch ?? epoch
        }
        for (const listener of listeners) listener()
      },
    },
    socketChannel(socket),
  )
  function until<T>(look: () => T | null): Promise<T> {
    return new Promise((resolve) => {
      const listener = () => {
        const found = look()
        if (found === null) return
        listeners.delete(listener)
        resolve(found)
      }
      listeners.add(listener)
      listener()
    })
  }
  const left = () => stepsPerEpoch - (now % stepsPerEpoch)
  return {
    app,
    get now() {
      return now
    },
    get stepsPerEpoch() {
      return stepsPerEpoch
    },
    async roomFor(steps) {
      await until(() => (now > 0 && left() >= steps + 20 && left() < stepsPerEpoch - 2 ? true : null))
    },
    step: (wanted) => until(() => (now >= wanted ? { step: now, at: performance.now() } : null)),
    async epochEnd() {
      const before = epoch
      await until(() => (epoch > before ? true : null))
    },
    async epoch(wanted) {
      await until(() => (epoch >= wanted ? true : null))
    },
    close: () => socket.terminate(),
  }
}
