/**
 * The whole app in one build, for the window and for packing: the three parts as their own configurations have them.
 *
 * They are loaded, not imported: an import would be bundled into this file, and its paths would start here.
 */
import { resolve } from 'node:path'
import { defineConfig } from 'electron-vite'
import { loadConfigFromFile, mergeConfig, type ConfigEnv, type UserConfig } from 'vite'

export default defineConfig(async (env) => {
  const [main, preload, renderer] = await Promise.all(['main', 'preload', 'renderer'].map((part) => load(part, env)))
  return {
    main: mergeConfig(main!, {
      build: { externalizeDeps: { exclude: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'] } },
    }),
    preload: preload!,
    renderer: mergeConfig(renderer!, {
      build: { minify: true, rolldownOptions: { input: resolve('renderer/index.html') } },
    }),
  }
})

async function load(part: string, env: ConfigEnv): Promise<UserConfig> {
  const loaded = await loadConfigFromFile(env, resolve(part, 'vite.config.ts'))
  if (loaded === null) throw new Error(`${part}/vite.config.ts is not there.`)
  return loaded.config
}
