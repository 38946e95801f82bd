/** Amounts as a person reads them, the same at every door. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const two = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 })

/** `12,345` */
export function count(value: number): string {
  return whole.format(value)
}

/** `5,900`: as exact as a speed is that changes from second to second. */
export function about(value: number): string {
  return two.format(value)
}

/** Nats, a loss or a part of one: `543.24`, `97.12`, and of small ones what matters, `0.042`. `–` where there is no number. */
export function nats(value: number | null | undefined, decimals?: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  return value.toFixed(decimals ?? (Math.abs(value) >= 1 ? 2 : 3))
}

/** Bits that so many nats are. */
export function inBits(nats: number): number {
  return nats / Math.LN2
}

/** `1 epoch`, `12 epochs` */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** `45 s`, `12 min`, `3 h 05 min`: as exact as a guess of what is left deserves. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.ceil(seconds))} s`
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `12 min left`; empty until it is known. */
export function left(seconds: number | null): string {
  return seconds === null ? '' : `${duration(seconds)} left`
}
