/** The kernels' WebAssembly module in base64: the build puts it here (main/packing/kernels.mjs). */
export const compiled: string = ''
