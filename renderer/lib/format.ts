/** Numbers, times and names as a person reads them. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const monthDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

/** `2,910` */
export function count(value: number): string {
  return whole.format(value)
}

/** Nats with as many decimals as matter: `543`, `97.12`, `7.68`, `0.042`. `–` while unknown. */
export function nats(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  return value.toFixed(size >= 1000 ? 0 : size >= 200 ? 1 : size >= 1 ? 2 : 3)
}

/** A difference with its sign: `−1.43`, `+0.20`, `±0`. */
export function signed(value: number): string {
  const text = nats(Math.abs(value))
  if (Number(text) === 0) return '±0'
  return (value < 0 ? '−' : '+') + text
}

/** `4 min`, `35 s`, `1 h 20 min`. */
export function duration(seconds: number): string {
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`
}

/** `7.0 MB` */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let scaled = value / 1000
  let unit = 0
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000
    unit++
  }
  return `${scaled.toFixed(scaled < 10 ? 1 : 0)} ${units[unit]}`
}

/** `22 Nov 08:12` */
export function moment(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? '–' : `${monthDay.format(date)} ${clock.format(date)}`
}

/** `1 epoch`, `12 epochs` */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}
