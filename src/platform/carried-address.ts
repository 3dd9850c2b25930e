import { isIPv6 } from 'node:net'

const GROUP_BITS = 16
const IPV6_GROUPS = 8
const ALL_ONES = 0xffff_ffff

/** Where an IPv6 address of a kind carries an IPv4 one: behind these leading groups, from this group on. */
const CARRIERS: readonly {
  readonly prefix: readonly number[]
  readonly at: number
  readonly inverted?: boolean
}[] = [
  // Mapped (RFC 4291), translated (RFC 2765) and compatible.
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  { prefix: [0, 0, 0, 0, 0xffff, 0], at: 6 },
  { prefix: [0, 0, 0, 0, 0, 0], at: 6 },
  // NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380).
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 1], at: 6 },
  { prefix: [0x2002], at: 1 },
  { prefix: [0x2001, 0], at: 6, inverted: true }
]

/** The IPv4 address that a gateway would make of this IPv6 one; undefined where it carries none. */
export function carriedIpv4(address: string): string | undefined {
  if (!isIPv6(address)) return undefined
  const groups = groupsOf(address)
  const carrier = CARRIERS.find(({ prefix }) => prefix.every((group, at) => groups[at] === group))
  if (!carrier) return undefined
  const { at, inverted = false } = carrier
  const [high = 0, low = 0] = groups.slice(at)
  const value = ((high << GROUP_BITS) | low) ^ (inverted ? ALL_ONES : 0)
  return [value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 0xff).join('.')
}

/** Its eight groups. Only for what `isIPv6` accepts. */
function groupsOf(address: string): readonly number[] {
  const [bare = ''] = address.split('%')
  const [head = '', tail] = bare.split('::')
  const before = numbersIn(head)
  const after = numbersIn(tail ?? '')
  const missing = Math.max(IPV6_GROUPS - before.length - after.length, 0)
  return [...before, ...Array<number>(missing).fill(0), ...after]
}

function numbersIn(part: string): number[] {
  return part
    .split(':')
    .filter(Boolean)
    .flatMap((group) => {
      if (!group.includes('.')) return [Number.parseInt(group, 16)]
      const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
      return [(a << 8) | b, (c << 8) | d]
    })
}
