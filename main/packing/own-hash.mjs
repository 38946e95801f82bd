/** A Vite plugin: `main/engine/lanes/build.ts` holds the hash of all that is bundled, whatever it is bundled from. */
import { createHash } from 'node:crypto'

const mark = '(the hash of this build)'

export function ownHash() {
  return {
    name: 'own-hash',
    load: {
      filter: { id: /engine[\\/]lanes[\\/]build\.ts$/ },
      handler: () => `export const build = ${JSON.stringify(mark)}`,
    },
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter(({ type }) => type === 'chunk')
      const hash = createHash('sha256')
      for (const { fileName, code } of chunks.toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1)))
        hash.update(`${fileName}\0${code}\0`)
      const found = hash.digest('hex')
      for (const chunk of chunks) if (chunk.code.includes(mark)) chunk.code = chunk.code.replaceAll(mark, found)
    },
  }
}
