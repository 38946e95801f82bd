/** The one long-lived thread (or process) that trains: its entry. Started by the trainer, never by hand. */
import { parseArgs } from 'node:util'
import { connect } from '../../preload/rpc'
import type { TrainerCalls, WorkerCalls } from '../trainer/calls'
import { gatherSteps } from './gather-steps'
import { createService, type Listener } from './service'
import { openChannel } from './worker-channel'

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { 'save-every': { type: 'string' }, page: { type: 'boolean' } },
  strict: false,
})
const options = {
  sketches: values.page === true,
  ...(values['save-every'] === undefined ? {} : { saveEvery: Number(values['save-every']) }),
}

/** Milliseconds between two tellings of steps: each is a frame of every page, some 15 ms of the processor, or a terminal's line. */
const tellEvery = values.page === true ? 1000 : 250

const main: Listener = {
  event: gatherSteps((events) => void trainer.events.asEvent(events), tellEvery),
  progress: (id, done, total) => void trainer.progress.asEvent(id, done, total),
}
const service = createService(main, options)
const leave = async () => {
  await service.leave()
  // nothing native is under way here, and no lane is left: what ends now takes nothing with it
  process.exit()
}
const trainer = connect<TrainerCalls, WorkerCalls>({ ...service, leave }, openChannel())
