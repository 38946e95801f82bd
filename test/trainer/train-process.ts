/** A process that starts or resumes one run and prints every event as a line of JSON: made to be killed. */
import { startProcess, startThread } from '../../main/trainer/hosts'
import { createTrainer, type StartOptions } from '../../main/trainer/trainer'
import { AppError } from '../../preload/errors'

export interface Order {
  readonly start?: StartOptions
  readonly resume?: string
  readonly saveEvery: number
  /** Train in a process of this one's own. */
  readonly inProcess?: boolean
}

const { start, resume, saveEvery, inProcess } = JSON.parse(process.argv[2]!) as Order
const trainer = createTrainer({ saveEvery, host: () => (inProcess ? startProcess : startThread) })
const ended = new Promise<void>((resolve) => {
  trainer.on((event) => {
    console.log(JSON.stringify(event))
    if (event.type === 'done' || event.type === 'failure') resolve()
  })
})
try {
  if (start !== undefined) await trainer.start(start)
  else await trainer.resume({ runFolder: resume! })
  await ended
} catch (error) {
  const { code, message } = AppError.from(error)
  console.log(JSON.stringify({ type: 'refused', code, message }))
}
await trainer.close()
