/** All kernels, as kernels.ts describes them: AssemblyScript over one memory that all threads share. */
export { pick, pickSum, transpose } from './move'
export { chain } from './chain'
export { adam, adamax, sumOfSquares } from './optimizers'
