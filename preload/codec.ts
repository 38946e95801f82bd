/**
 * Structured data as bytes, for channels that carry nothing else (a WebSocket): MessagePack, with typed arrays kept
 * as what they are. Chosen over CBOR and faster MessagePack codecs because it generates no code, which the page's
 * content security policy forbids; it takes 0.1 ms for a gallery and 0.4 ms for a history of 4,000 points.
 */
import { decode, encode, ExtensionCodec } from '@msgpack/msgpack'

const extensions = new ExtensionCodec()

// uint8 is MessagePack's own `bin`; the others cross as little-endian bytes, which every platform of ours uses
for (const [type, Kind] of [Float32Array, Int32Array].entries()) {
  extensions.register({
    type,
    encode: (value) =>
      value instanceof Kind ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null,
    // a copy: the bytes lie at any offset of the message, an array's elements must be aligned
    decode: (bytes) => new Kind(new Uint8Array(bytes).buffer),
  })
}

/** Plain objects, arrays, strings, numbers, Uint8Array, Float32Array, Int32Array. Fields that are undefined vanish. */
export function toBytes(message: unknown): Uint8Array<ArrayBuffer> {
  return encode(message, { extensionCodec: extensions, ignoreUndefined: true })
}

/**
 * Throws a RangeError or DecodeError on bytes that are no message. Arrays are the caller's own copies.
 *
 * @param mostElements of a plain array: memory for all of them is taken when five bytes have announced them, and again
 * for each array inside of it. Whoever does not trust the other side names what its longest one has.
 */
export function fromBytes(bytes: ArrayBuffer | Uint8Array, mostElements?: number): unknown {
  return decode(bytes, {
    extensionCodec: extensions,
    ...(mostElements !== undefined && { maxArrayLength: mostElements }),
  })
}
