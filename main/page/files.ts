/** The built page: a fixed list of files, so that no request can name another one. */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { AppError } from '../../preload/errors'
import { installed } from '../installed'

export interface PageFile {
  readonly type: string
  readonly bytes: Buffer
  /** Its name holds a hash of its content: it never changes. */
  readonly immutable: boolean
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.json': 'application/json',
}

/**
 * The page's files by URL path (`/`, `/assets/index-1a2b3c.js`). Files of unknown types are left out.
 *
 * @throws AppError `page/not-built`
 */
export async function readPageFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>()
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const type = types[extname(entry.name)]
      if (!entry.isFile() || type === undefined) continue
      const path = join(entry.parentPath, entry.name)
      const url = `/${relative(folder, path).split(sep).join('/')}`
      const immutable = url.startsWith('/assets/')
      files.set(url === '/index.html' ? '/' : url, { type, bytes: await readFile(path), immutable })
    }
  } catch (cause) {
    throw notBuilt(folder, cause)
  }
  if (!files.has('/')) throw notBuilt(folder)
  return files
}

function notBuilt(folder: string, cause?: unknown): AppError {
  return new AppError(
    'page/not-built',
    `The page is not there: ${folder} holds no index.html.`,
    installed ? 'Install the app again.' : 'Start the app with `npm start`, which builds it.',
    cause === undefined ? {} : { cause },
  )
}
