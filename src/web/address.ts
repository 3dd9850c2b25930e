/** Characters of an address that are shown; the rest is cut. */
export const MAX_SHOWN_ADDRESS_CHARS = 120

const SAFE_SCHEMES = new Set(['http:', 'https:', 'mailto:'])

/**
 * The absolute form of an address, or undefined when it is not one that may be followed. Give it the
 * decoded text: `javascript&colon;` is only seen for what it is after decoding.
 */
export function safeAddress(address: string): string | undefined {
  const url = URL.parse(address.trim())
  if (!url || !SAFE_SCHEMES.has(url.protocol)) return undefined
  if (url.username !== '' || url.password !== '') return undefined
  return url.href
}

/** The host of a safe address; empty for `mailto:`. */
export function hostOf(address: string): string {
  return URL.parse(address)?.host ?? ''
}
