/** An address or network: version, its first and last address, the length of its mask. */
export interface IpRange {
  readonly version: 4 | 6
  readonly first: bigint
  readonly last: bigint
  /** The address as written, which for a network is the first. */
  readonly host: bigint
  readonly length: number
}

const BITS = { 4: 32, 6: 128 } as const
const IPV6_GROUPS = 8

/** Reads `10.0.0.1`, `10.0.0.0/24`, `2001:db8::1/64`; undefined when it is neither address nor network. */
export function parseIp(written: string): IpRange | undefined {
  const [address = '', mask, ...rest] = written.trim().split('/')
  const version = address.includes(':') ? 6 : 4
  const host = version === 6 ? parseIpv6(address) : parseIpv4(address)
  const length = mask === undefined ? BITS[version] : Number(mask)
  if (host === undefined || rest.length > 0 || !isLength(mask, length, BITS[version]))
    return undefined
  const hostBits = BigInt(BITS[version] - length)
  const first = (host >> hostBits) << hostBits
  return { version, host, length, first, last: first + (1n << hostBits) - 1n }
}

/** Whether `inner` lies in `outer`, or is the same when `inclusive`. */
export function isWithin(inner: IpRange, outer: IpRange, inclusive: boolean): boolean {
  if (inner.version !== outer.version) return false
  if (inner.first < outer.first || inner.last > outer.last) return false
  return inclusive || inner.length > outer.length
}

/** Sorts by version, then by number, as text. */
export function ipSortKey({ version, first, host, length }: IpRange): string {
  const number = length === BITS[version] || host !== first ? host : first
  return `${version}:${number.toString().padStart(39, '0')}`
}

function isLength(mask: string | undefined, length: number, bits: number): boolean {
  return (mask === undefined || /^\d{1,3}$/.test(mask)) && length <= bits
}

function parseIpv4(address: string): bigint | undefined {
  const parts = address.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined
  }
  return parts.reduce((sum, part) => (sum << 8n) + BigInt(part), 0n)
}

function parseIpv6(address: string): bigint | undefined {
  const halves = address.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = IPV6_GROUPS - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array<string>(halves.length === 1 ? 0 : missing).fill('0'), ...tail]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return groups.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n)
}
