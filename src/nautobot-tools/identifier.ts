import { isIP } from 'node:net'
import { ToolRefusal } from './tool-failure.ts'

/** How an object is named; what it says of itself decides where it is looked for. */
export type Identifier =
  | { readonly kind: 'id'; readonly id: string }
  /** `path` begins where Nautobot's own paths begin. */
  | { readonly kind: 'url'; readonly path: string }
  /** Written as Nautobot writes it: `AA:BB:CC:DD:EE:FF`. */
  | { readonly kind: 'mac'; readonly mac: string }
  /** `10.0.0.1`, or with its mask, `10.0.0.1/24`; a network when no bit of it is a host's. */
  | { readonly kind: 'address'; readonly address: string; readonly isNetwork: boolean }
  | { readonly kind: 'name'; readonly name: string }

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const MAC =
  /^(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})$/i
const MASK = /^\d{1,3}$/

export const isUuid = (text: string) => UUID.test(text)

/** An address as a number. */
function bitsOf(host: string): bigint {
  if (!host.includes(':'))
    return host.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
  // As a URL writes it: an IPv4 tail in groups, and at most one gap.
  const plain = new URL(`http://[${host}]`).hostname.slice(1, -1)
  const [head = [], tail = []] = plain.split('::').map((side) => side.split(':').filter(Boolean))
  const gap = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  const groups = [...head, ...gap, ...tail]
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

/** An address with its mask as numbers, to compare; without a mask, the longest. The text has to be an address. */
export function networkOf(text: string) {
  const [host = '', mask] = text.split('/')
  const version = isIP(host)
  const maskBits = mask === undefined ? (version === 4 ? 32 : 128) : Number(mask)
  return { version, bits: bitsOf(host), maskBits }
}

function readAddress(text: string): Identifier | undefined {
  const [host = '', mask, ...more] = text.split('/')
  const version = isIP(host)
  if (version === 0 || host.includes('%') || more.length > 0) return undefined
  if (mask === undefined) return { kind: 'address', address: host, isNetwork: false }
  const hostBits = (version === 4 ? 32 : 128) - Number(mask)
  if (!MASK.test(mask) || hostBits < 0) return undefined
  const isNetwork = bitsOf(host) % (1n << BigInt(hostBits)) === 0n
  return { kind: 'address', address: text, isNetwork }
}

/** Another Nautobot may hold a copy with the same ids: its address is not taken for ours. */
function readUrl(text: string, publicUrl: string): Identifier | undefined {
  const home = new URL(publicUrl)
  const isPath = text.startsWith('/') && !text.startsWith('//')
  if (!(isPath || /^https?:\/\//i.test(text))) return undefined
  if (!URL.canParse(text, home)) throw new ToolRefusal(`"${text.slice(0, 100)}" is not a URL.`)
  const { host, pathname } = new URL(text, home)
  if (host !== home.host)
    throw new ToolRefusal(`"${host}" is not the address of this Nautobot, ${home.host}.`)
  const prefix = home.pathname.replace(/\/+$/, '')
  const isBelow = prefix !== '' && pathname.startsWith(`${prefix}/`)
  return { kind: 'url', path: isBelow ? pathname.slice(prefix.length) : pathname }
}

/** Reads what names an object. Throws {@link ToolRefusal} for a blank name and for a URL that is not this Nautobot's. */
export function readIdentifier(written: string, publicUrl: string): Identifier {
  const text = written.trim()
  if (text === '')
    throw new ToolRefusal('Name the object: its name, address, MAC, serial, URL or id.')
  // The database takes no NUL and no half of a character, and no name has any of the others.
  if (/[\p{Cc}\p{Cs}]/u.test(text))
    throw new ToolRefusal('Remove the control characters from the name.')
  if (isUuid(text)) return { kind: 'id', id: text.toLowerCase() }
  if (MAC.test(text)) {
    const pairs =
      text
        .replace(/[^0-9a-f]/gi, '')
        .toUpperCase()
        .match(/../g) ?? []
    return { kind: 'mac', mac: pairs.join(':') }
  }
  return readUrl(text, publicUrl) ?? readAddress(text) ?? { kind: 'name', name: text }
}
