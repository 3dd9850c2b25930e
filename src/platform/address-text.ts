import { isIP } from 'node:net'

/** http or https, without user name, password, query and fragment. */
export function isPlainHttpAddress(value: string): boolean {
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol)) return false
  return `${url.username}${url.password}${url.search}${url.hash}` === ''
}

/** http or https, perhaps with user name and password, and nothing behind the port. */
export function isProxyAddress(value: string): boolean {
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol)) return false
  return url.pathname === '/' && `${url.search}${url.hash}` === ''
}

/** A host name, `*.example.com`, an address or a CIDR range. */
export function isEgressEntry(value: string): boolean {
  return isAddressRange(value) || isHostName(value.replace(/^\*\./, ''))
}

/** Without port. */
export function isHostName(value: string): boolean {
  const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i
  return value.split('.').every((part) => label.test(part))
}

/** An address, or a CIDR range of addresses. */
export function isAddressRange(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/')
  const maxBits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return (
    maxBits > 0 &&
    rest.length === 0 &&
    /^\d{1,3}$/.test(bits ?? '0') &&
    Number(bits ?? 0) <= maxBits
  )
}

/** redis:// or rediss://. */
export function isRedisAddress(value: string): boolean {
  return /^rediss?:$/.test(URL.parse(value)?.protocol ?? '')
}
