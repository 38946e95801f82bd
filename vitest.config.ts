import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { kernels } from './main/packing/kernels.mjs'
import { bundled } from './main/vite.config.ts'
import { briefPatience, patience } from './test/patience.ts'

const tfjs = [
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-core/dist/register_all_gradients',
  '@tensorflow/tfjs-backend-cpu',
]

/** `unit`: fast, on every change. `e2e` (*.e2e.test.ts): real processes, real browser, whole runs. */
export default defineConfig({
  plugins: [kernels()],
  test: {
    testTimeout: 30_000,
    setupFiles: 'test/patient.ts',
    expect: { poll: briefPatience },
    // vitest leaves a core to a person at work: on two cores that is half of them
    maxWorkers: '100%',
    // CI counts the tests of every vitest run: a report each
    reporters: process.env['CI'] === undefined ? ['default'] : ['default', 'json'],
    outputFile: { json: `out/tests/${process.pid}.json` },
    // a change is not refused for a race, or a property that random values find false, that it did not bring:
    // what passes only then is named at the end of .ci/run
    retry: process.env['CI'] === undefined ? 0 : 1,
    server: { deps: { inline: bundled } },
    // tfjs is hundreds of small files: as one, a test file that needs it starts in a second instead of six
    deps: { optimizer: { ssr: { enabled: true, include: tfjs } } },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/**/*.e2e.test.ts'] } },
      {
        extends: true,
        resolve: { alias: { electron: resolve(import.meta.dirname, 'test/desktop/no-electron.ts') } },
        test: {
          name: 'e2e',
          globalSetup: 'test/built-once.ts',
          include: ['test/**/*.e2e.test.ts'],
          testTimeout: 2 * patience.timeout,
          hookTimeout: 2 * patience.timeout,
          expect: { poll: patience },
          // two at once leave a third of two cores to nobody, since each waits now and then
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
