/** The versions of what runs below the app. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** By name, `node` first. */
export function versions(): Record<string, string> {
  const { node, electron, chrome } = process.versions as Record<string, string | undefined>
  const found = { node, electron, chrome, onnxruntime: versionOf('onnxruntime-node') }
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** As its package says: the library itself is the training thread's. */
function versionOf(name: string): string | undefined {
  try {
    const path = createRequire(import.meta.url).resolve(`${name}/package.json`)
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
  } catch {
    return undefined
  }
}
