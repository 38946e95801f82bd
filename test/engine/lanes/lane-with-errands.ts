/** A lane as it ships, unless the environment has an errand for it: to fail, or to be gone, in its second step. */
import { CApi } from '../../../main/engine/onnx/c-api'

const errand = process.env['LANE_ERRAND']
if (errand === 'unborn') throw new Error('the injected failure at birth')
if (errand !== undefined) {
  const { check } = CApi.prototype
  let runs = 0
  CApi.prototype.check = function (...given) {
    if (given[0] === 'Run' && ++runs === 2) {
      if (errand === 'exit') process.exit(3)
      throw new Error('the injected failure')
    }
    return check.apply(this, given)
  }
}
await import('../../../main/engine/lanes/lane')
