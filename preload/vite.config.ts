/** How the preload script is bundled: one CommonJS file, which is all that a sandboxed page's preload can be. */
import { resolve } from 'node:path'
import { defineConfig } from 'vite'

const here = import.meta.dirname

export default defineConfig({
  root: here,
  publicDir: false,
  logLevel: 'warn',
  ssr: { noExternal: true, external: ['electron'] },
  build: {
    ssr: true,
    target: 'node20',
    outDir: resolve(here, '../out/preload'),
    emptyOutDir: true,
    minify: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: resolve(here, 'index.ts') },
      output: { format: 'cjs', entryFileNames: '[name].cjs' },
    },
  },
})
