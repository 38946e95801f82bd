/** How the page is built: static files in out/renderer that any folder can serve. */
import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const here = import.meta.dirname

export default defineConfig({
  root: here,
  base: './',
  publicDir: false,
  logLevel: 'warn',
  plugins: [vue()],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    outDir: resolve(here, '../out/renderer'),
    emptyOutDir: true,
    // files, not data: URLs, so that a strict content security policy holds
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1024,
  },
})
