/** An address that a page may link to; undefined for others, such as `javascript:`. */
export function safeAddress(address: string): string | undefined {
  return /^https?:\/\//i.test(address) ? address : undefined
}
