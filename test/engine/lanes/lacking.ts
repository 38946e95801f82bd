/** What a machine does without, as tests have it: stand-ins for what finds kernels, the C API and plans. */
import type * as Kernels from '../../../main/engine/kernels/kernels'
import type * as Session from '../../../main/engine/onnx/bound-session'
import type * as Plan from '../../../main/engine/plan/plan'

const nothing = { kernels: false, koffi: false, rightPlans: false, room: false }
/** What there is not. */
export const lacking = { ...nothing }

export function lackNothing(): void {
  Object.assign(lacking, nothing)
}

export function lackingKernels(module: typeof Kernels): typeof Kernels {
  return { ...module, loadKernels: (memory) => (lacking.kernels ? undefined : module.loadKernels(memory)) }
}

export function lackingKoffi(module: typeof Session): typeof Session {
  return { ...module, whyCopied: async () => (lacking.koffi ? new Error('no koffi here') : module.whyCopied()) }
}

/** A wrong plan is one without its first call; one without room needs more than addresses of 32 bits reach. */
export function lackingPlans(module: typeof Plan): typeof Plan {
  const planOf: typeof module.planOf = (...given) => {
    const plan = module.planOf(...given)
    if (lacking.room) return { ...plan, bytes: 2 ** 32 }
    return lacking.rightPlans ? { ...plan, calls: plan.calls.slice(1) } : plan
  }
  return { ...module, planOf }
}

/** In the place of `WebAssembly.Memory`. */
export function noMemory(): never {
  throw new RangeError('could not allocate memory')
}
