// Quantities as people read them.
const SIZES = ['B', 'kB', 'MB', 'GB', 'TB']

/** Bytes in powers of 1,000. */
export function bytes(count: number): string {
  const power = Math.min(SIZES.length - 1, count > 0 ? Math.floor(Math.log10(count) / 3) : 0)
  const value = count / 1000 ** power
  return `${value.toFixed(power && value < 100 ? 1 : 0)} ${SIZES[power]}`
}

/** Seconds as seconds, minutes or hours. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  return seconds < 3600 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`
}
