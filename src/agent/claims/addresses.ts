import { isIPv4, isIPv6 } from 'node:net'

const MAC = /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i
/** What every engineer knows; nobody has to have read it. */
const WELL_KNOWN: ReadonlySet<string> = new Set([
  '0.0.0.0',
  '0.0.0.0/0',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.1',
  '127.0.0.0/8',
  '224.0.0.0/4',
  '255.255.255.255',
  '::/0',
  '::1',
  'fe80::/10',
  'fc00::/7'
])

export function isMac(text: string): boolean {
  return MAC.test(text)
}

/** An address or a prefix of either version. */
export function isAddress(text: string): boolean {
  const [host = '', length, ...rest] = text.split('/')
  if (rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return false
  return isIPv4(host) || (host.includes(':') && isIPv6(host))
}

export function isWellKnown(address: string): boolean {
  return WELL_KNOWN.has(address) || isMask(address)
}

const bits = (address: string) =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

/** A netmask, or its inverse: another way to write a length. */
function isMask(address: string): boolean {
  if (!isIPv4(address)) return false
  const value = bits(address)
  const inverse = 2 ** 32 - 1 - value
  const isPower = (one: number) => Number.isInteger(Math.log2(one + 1))
  return (
    (address.startsWith('255.') && isPower(inverse)) || (address.startsWith('0.') && isPower(value))
  )
}

/** The same in one spelling: lower case, IPv6 without zeros that say nothing. */
export function spelled(address: string): string {
  const [host = '', length] = address.toLowerCase().split('/')
  const plain = host.includes(':') && isIPv6(host) ? shortened(host) : host
  return length === undefined ? plain : `${plain}/${length}`
}

function shortened(host: string): string {
  return URL.parse(`http://[${host}]/`)?.hostname.slice(1, -1) ?? host
}

/** What an IPv4 address with its length tells besides: its network, with and without length, and the last address there. */
export function edgesOf(address: string): string[] {
  const [host = '', length = ''] = address.split('/')
  if (!isIPv4(host) || !/^\d{1,2}$/.test(length) || Number(length) > 31) return []
  const size = 2 ** (32 - Number(length))
  const first = Math.floor(bits(host) / size) * size
  return [`${dotted(first)}/${length}`, dotted(first), dotted(first + size - 1)]
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}
