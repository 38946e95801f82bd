/** The hash of all code that is bundled with this: the build puts it here (main/packing/own-hash.mjs). */
export const build: string = ''
