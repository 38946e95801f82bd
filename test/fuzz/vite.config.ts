/** The fuzzer is bundled as main is: fuzz.js, and child.js for the processes that try inputs. */
import { resolve } from 'node:path'
import { defineConfig, mergeConfig } from 'vite'
import main from '../../main/vite.config.ts'

const here = import.meta.dirname

export default mergeConfig(
  main,
  defineConfig({
    build: {
      outDir: resolve(here, '../../out/fuzz'),
      rollupOptions: { input: { fuzz: resolve(here, 'fuzz.ts'), child: resolve(here, 'child.ts') } },
    },
  }),
)
