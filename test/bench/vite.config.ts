/** Benches are bundled as main is, beside its threads: every file of this folder becomes out/bench/NAME.js. */
import { readdirSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { defineConfig, mergeConfig } from 'vite'
import main from '../../main/vite.config.ts'

const here = import.meta.dirname
const benches = readdirSync(here).filter((name) => name.endsWith('.ts') && name !== basename(import.meta.filename))

export default mergeConfig(
  main,
  defineConfig({
    build: {
      outDir: resolve(here, '../../out/bench'),
      rollupOptions: { input: Object.fromEntries(benches.map((name) => [basename(name, '.ts'), resolve(here, name)])) },
    },
  }),
)
