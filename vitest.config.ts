import { defineConfig } from 'vitest/config'
import { bundled } from './main/vite.config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    testTimeout: 30_000,
    server: { deps: { inline: bundled } },
  },
})
