/** What the terminal door talks to: the process it runs in, or a test's stand-in. */
import type { Writable } from 'node:stream'
import type { Studio } from '../app/studio'

/** A stream that may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

export interface Terminal {
  readonly out: Output
  readonly err: Output
  /** Calls `listener` whenever the process is asked to end; returns a function that ends that. */
  onInterrupt(listener: () => void): () => void
  /** Ends the process at once, as Ctrl-C ends a program that does not listen for it. */
  die(): void
  /** The app, as every door has it. @param resultFolder where new runs go */
  studio(resultFolder: string): Promise<Studio>
}

/** Columns of a terminal, also of one that does not know them: in containers they may be 0. */
export function widthOf({ columns }: Output): number {
  return columns || 80
}

/**
 * Whether a line can be drawn again and again: not on what understands no control sequences (TERM=dumb, an editor's
 * shell) nor where a service keeps all that is written (CI).
 */
export function canRedraw(out: Output, environment: NodeJS.ProcessEnv = process.env): boolean {
  const { TERM, CI = '' } = environment
  const draws = TERM ? TERM !== 'dumb' : process.platform === 'win32'
  return out.isTTY === true && draws && ['', '0', 'false'].includes(CI)
}

export const exitCode = { done: 0, failure: 1, usage: 2, interrupted: 130 } as const

/** Lines to people and programs that read standard output. */
export function print(terminal: Terminal, text: string): void {
  terminal.out.write(`${harmless(text)}\n`)
}

/** Names and words out of files that others wrote: what a terminal would obey in them is made visible instead. */
export function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
}

/** One JSON object on a line of its own. The technical causes of errors are left out, unless asked for. */
export function printJson(terminal: Terminal, value: object, { details = false }: { details?: boolean } = {}): void {
  const json = JSON.stringify(value, (key, part: unknown) => (key === 'details' && !details ? undefined : part))
  // JSON itself escapes only the others of what a terminal obeys
  print(
    terminal,
    json.replace(/[\u007f-\u009f]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
  )
}
