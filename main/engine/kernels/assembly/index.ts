/** All kernels, as kernels.ts describes them: AssemblyScript over one memory that all threads share. */
export { pick, pickSpans } from './move'
export { transpose } from './transpose'
export { combine } from './combine'
export { chain } from './chain'
export { adam, adamax, sumOfSquares } from './optimizers'
