/**
 * The app as it is packed: the three parts as their own configurations have them, each with all its packages bundled.
 * Beside it are needed those with native code alone, so that nothing is packed that nothing loads.
 */
import { join } from 'node:path'
import { build, loadConfigFromFile, mergeConfig } from 'vite'
import { besides, noteBundled } from './licences.mjs'

/** Builds `main`, `preload` and `renderer` in a folder, and in its `bundled` the lists of what they were bundled from. */
export async function buildParts(root, to) {
  for (const part of ['main', 'preload', 'renderer']) {
    const { config } = await loadConfigFromFile(
      { command: 'build', mode: 'production' },
      join(root, part, 'vite.config.ts'),
    )
    // of main's doors the window's alone
    if (part === 'main') config.build.rolldownOptions.input = only(config.build.rolldownOptions.input)
    const packed = {
      configFile: false,
      plugins: [noteBundled(join(to, 'bundled', `${part}.json`))],
      worker: { plugins: () => [noteBundled(join(to, 'bundled', `${part}-worker.json`))] },
      ...(part === 'main' && { ssr: { noExternal: true, external: ['electron', ...besides] } }),
      define: { 'import.meta.env.VLAE_INSTALLED': 'true' },
      build: { outDir: join(to, part), emptyOutDir: true },
    }
    await build(mergeConfig(config, packed))
  }
}

const only = ({ index, worker, lane }) => ({ index, worker, lane })
