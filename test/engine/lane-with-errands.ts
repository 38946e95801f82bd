/** A lane as it ships, unless the environment has an errand for it: to fail, or to be gone, in its second step. */
import { SessionProgram } from '../../main/engine/session'

const errand = process.env['LANE_ERRAND']
if (errand === 'unborn') throw new Error('the injected failure at birth')
if (errand !== undefined) {
  const run = SessionProgram.prototype.run
  let runs = 0
  SessionProgram.prototype.run = async function (...given) {
    if (++runs === 2) {
      if (errand === 'exit') process.exit(3)
      throw new Error('the injected failure')
    }
    return run.apply(this, given)
  }
}
await import('../../main/engine/lane')
