/** A file of a person's, handed over to the app in pieces, at the pace (throttle) that a tab's line allows. */
import { pieceOfUpload, type Calls } from '../../preload/contract'

/** Pieces on their way at once, and the milliseconds that so many take at least: a tab may send 500 messages a second. */
const lot = 16
const lotTakes = 40

/**
 * @param progress told the share that is over there
 * @returns what the upload is called; it is dropped where it was not handed over whole
 * @throws the signal's reason; as the calls do
 */
export async function handedOver(
  file: File,
  call: Pick<Calls, 'beginUpload' | 'addToUpload' | 'dropUpload'>,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const upload = await call.beginUpload({ name: file.name, size: file.size })
  try {
    for (let at = 0; at < file.size; at += lot * pieceOfUpload) {
      signal.throwIfAborted()
      const pause = new Promise((resolve) => setTimeout(resolve, lotTakes))
      const bytes = new Uint8Array(await file.slice(at, at + lot * pieceOfUpload).arrayBuffer())
      const sent = []
      for (let from = 0; from < bytes.length; from += pieceOfUpload)
        sent.push(call.addToUpload({ upload, at: at + from, bytes: bytes.slice(from, from + pieceOfUpload) }))
      await Promise.all([...sent, pause])
      progress((at + bytes.length) / file.size)
    }
    signal.throwIfAborted()
    return upload
  } catch (thrown) {
    await call.dropUpload({ upload }).catch(() => undefined)
    throw thrown
  }
}
