/** A lane as it ships, unless the environment has an errand for it: to fail, or to be gone, in its second step; or to be gone when it is to compute rows. */
import { Lane } from '../../../main/engine/lanes/lane-work'
import { type RowsOrder, RowsWork } from '../../../main/engine/lanes/rows-work'

const errand = process.env['LANE_ERRAND']
if (errand === 'unborn') throw new Error('the injected failure at birth')
if (errand === 'no rows') {
  const { answer } = RowsWork.prototype
  RowsWork.prototype.answer = function (order: Exclude<RowsOrder, { what: 'end' }>) {
    if (order.what === 'run') process.exit(3)
    return answer.call(this, order)
  }
} else if (errand !== undefined) {
  const lane = Lane.prototype as unknown as { compute(...given: unknown[]): Promise<void> }
  const { compute } = lane
  let steps = 0
  lane.compute = async function (...given) {
    if (++steps === 2) {
      if (errand === 'exit') process.exit(3)
      throw new Error('the injected failure')
    }
    return compute.apply(this, given)
  }
}
await import('../../../main/engine/lanes/lane')
