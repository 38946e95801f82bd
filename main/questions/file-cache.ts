/** What was made of files, kept while these are what they were: a cache, from which the least recently used goes first. */
import { statSync } from 'node:fs'

interface Kept<Value> {
  readonly state: string
  readonly size: number
  readonly value: Promise<Value>
}

export class FileCache<Value> {
  /** The least recently used first. */
  private readonly kept = new Map<string, Kept<Value>>()

  /** @param most of all sizes together; what was used last is kept whatever its size */
  constructor(private readonly most: number) {}

  /**
   * @param files what the value is made of; one may be missing
   * @param make what fails is not kept
   */
  get(
    key: string,
    { files, size }: { readonly files: readonly string[]; readonly size: number },
    make: () => Promise<Value>,
  ): Promise<Value> {
    // before they are read: what changes meanwhile is read again the next time
    const state = stateOf(files)
    const known = this.kept.get(key)
    this.kept.delete(key)
    const entry = known?.state === state ? known : { state, size, value: make() }
    this.kept.set(key, entry)
    if (entry !== known)
      entry.value.catch(() => {
        if (this.kept.get(key) === entry) this.kept.delete(key)
      })
    this.shrink()
    return entry.value
  }

  clear(): void {
    this.kept.clear()
  }

  private shrink(): void {
    let total = 0
    for (const { size } of this.kept.values()) total += size
    for (const [key, { size }] of this.kept) {
      if (total <= this.most || this.kept.size === 1) break
      this.kept.delete(key)
      total -= size
    }
  }
}

/**
 * Identity, size and dates. Looked at without giving others their turn: it takes microseconds, and a turn of the training
 * thread is a step.
 */
function stateOf(files: readonly string[]): string {
  return files.map(ofFile).join('\n')
}

function ofFile(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch {
    return 'not there'
  }
}
