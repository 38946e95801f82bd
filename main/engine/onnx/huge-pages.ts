/**
 * Huge pages (Linux): what a step reads and writes, some hundred megabytes, is asked for in pages of 2 MB instead of 4 kB, so
 * that the processor looks up five hundred times fewer of them. Numbers are the same, and where the system has no such pages
 * nothing changes.
 */
import type Koffi from 'koffi'
import type { Pointer } from './c-api'

/** Advises the system about so many bytes from an address on; best before they are first used. */
export type Advise = (address: Pointer, bytes: number) => void

/** Bytes. */
export const hugePage = 2 * 1024 * 1024
/** `MADV_HUGEPAGE` of Linux's madvise, whatever the processor. */
const inHugePages = 14

export function huge(koffi: typeof Koffi, platform: NodeJS.Platform = process.platform): Advise {
  if (platform !== 'linux') return () => {}
  try {
    // of the C library that this process has loaded already
    const madvise = koffi.load(null).func('madvise', 'int', ['void *', 'size_t', 'int'])
    return (address, bytes) => {
      const { begin, end } = wholePages(address, bytes)
      // advice: whether it is taken is the system's affair
      if (end > begin) madvise(begin, end - begin, inHugePages)
    }
  } catch {
    return () => {}
  }
}

/** The huge pages that lie within some bytes. */
export function wholePages(address: Pointer, bytes: number): { readonly begin: Pointer; readonly end: Pointer } {
  const page = BigInt(hugePage)
  return { begin: ((address + page - 1n) / page) * page, end: ((address + BigInt(bytes)) / page) * page }
}
