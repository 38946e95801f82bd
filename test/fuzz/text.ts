/** Inputs as text that can be kept in a file: JSON, with bytes and the numbers that JSON lacks. */

/** Bytes that are good UTF-8 are kept as their text, so that a person can read them. */
export function toText(input: unknown): string {
  return `${JSON.stringify(input, replace, 1)}\n`
}

export function fromText(text: string): unknown {
  return JSON.parse(text, revive)
}

function replace(this: unknown, key: string, value: unknown): unknown {
  // Buffers would arrive as what their toJSON makes of them
  const raw = (this as Record<string, unknown>)[key]
  if (raw instanceof Uint8Array) {
    const text = textOf(raw)
    return text === null ? { $base64: Buffer.from(raw).toString('base64') } : { $utf8: text }
  }
  if (raw instanceof Float32Array || raw instanceof Int32Array) return { [`$${raw.constructor.name}`]: [...raw] }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return { $number: Object.is(value, -0) ? '-0' : String(value) }
  return value === undefined ? { $undefined: true } : value
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return value
  const [[kind, content]] = Object.entries(value) as [[string, unknown]]
  switch (kind) {
    case '$base64':
      return new Uint8Array(Buffer.from(content as string, 'base64'))
    case '$utf8':
      return new TextEncoder().encode(content as string)
    case '$Float32Array':
      return Float32Array.from(content as number[])
    case '$Int32Array':
      return Int32Array.from(content as number[])
    case '$number':
      return Number(content)
    case '$undefined':
      return undefined
    default:
      return value
  }
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
