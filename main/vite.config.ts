/**
 * How main's side is bundled: every door and every thread is an entry of its own in out/main.
 *
 * tfjs is bundled (its gradient registry has imports without file extensions, which Node cannot resolve);
 * packages with native code or files of their own stay outside.
 */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vite'
import { drawIcon } from './packing/icons.mjs'
import { kernels } from './packing/kernels.mjs'
import { ownHash } from './packing/own-hash.mjs'

const here = import.meta.dirname
export const bundled = [/^@tensorflow\/tfjs-(core|backend-cpu)/]

/** What Linux and Windows show for the window: out/main/icon.png. */
const windowIcon: Plugin = {
  name: 'window-icon',
  async generateBundle() {
    const source = await drawIcon(await readFile(resolve(here, '../renderer/icon.svg'), 'utf8'), 256)
    this.emitFile({ type: 'asset', fileName: 'icon.png', source })
  },
}

export default defineConfig({
  root: here,
  publicDir: false,
  plugins: [windowIcon, kernels(), ownHash()],
  logLevel: 'warn',
  ssr: { noExternal: bundled },
  build: {
    ssr: true,
    target: 'node20',
    outDir: resolve(here, '../out/main'),
    emptyOutDir: true,
    minify: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: {
        browser: resolve(here, 'browser.ts'),
        cli: resolve(here, 'cli.ts'),
        index: resolve(here, 'index.ts'),
        start: resolve(here, 'start.ts'),
        worker: resolve(here, 'training/worker.ts'),
        lane: resolve(here, 'engine/lanes/lane.ts'),
      },
      output: {
        entryFileNames: '[name].js',
        // Beside the entries: a thread's entry is found relative to whichever file starts it.
        chunkFileNames: '[name]-[hash].js',
      },
    },
  },
})
