import { BlockList, isIP } from 'node:net'
import { carriedIpv4 } from './carried-address.ts'

/**
 * Never asked, whatever an administrator wrote: link-local addresses and the metadata services of clouds, which
 * hand out a machine's credentials. Also where an IPv6 address carries one of them.
 */
const FORBIDDEN = new BlockList()
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4')
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6')
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6')
FORBIDDEN.addAddress('fd20:ce::254', 'ipv6')
FORBIDDEN.addAddress('100.100.100.200', 'ipv4')
FORBIDDEN.addAddress('168.63.129.16', 'ipv4')
FORBIDDEN.addAddress('192.0.0.192', 'ipv4')

/** Where a proxy resolves the name, its address is not seen here. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'metadata',
  'instance-data',
  'instance-data.ec2.internal'
])

/** Why an address is not asked. */
export type EgressRefusal = 'forbidden' | 'not-allowed'

export interface EgressRules {
  /** For a host as it is written, literal address or name, before anything is resolved. */
  checkHost(host: string): EgressRefusal | 'by-address' | undefined
  /** For what a name resolved to. `host` is allowed by its name already unless `checkHost` says `by-address`. */
  checkAddress(host: string, address: string): EgressRefusal | undefined
}

/**
 * Rules for the addresses of model providers and MCP servers. Without a list, loopback, private and public addresses may
 * be asked: that is where they live.
 *
 * @param allowed host names, `*.example.com` for those below a domain, addresses, CIDR ranges; undefined: all.
 */
export function createEgressRules(allowed?: readonly string[]): EgressRules {
  const names = new Set<string>()
  const suffixes: string[] = []
  const ranges = new BlockList()
  for (const entry of allowed ?? []) addEntry(entry.toLowerCase(), { names, suffixes, ranges })

  const allowsName = (host: string) =>
    names.has(host) || suffixes.some((suffix) => host.endsWith(suffix))

  function checkHost(given: string): EgressRefusal | 'by-address' | undefined {
    const host = normal(given)
    if (FORBIDDEN_NAMES.has(host)) return 'forbidden'
    if (isIP(host) !== 0) return checkAddress(host, host)
    return allowed === undefined || allowsName(host) ? undefined : 'by-address'
  }

  function checkAddress(host: string, address: string): EgressRefusal | undefined {
    const carried = carriedIpv4(address)
    if (contains(FORBIDDEN, address) || (carried && contains(FORBIDDEN, carried)))
      return 'forbidden'
    const isAllowed = allowed === undefined || allowsName(normal(host)) || contains(ranges, address)
    return isAllowed ? undefined : 'not-allowed'
  }

  return { checkHost, checkAddress }
}

interface Entries {
  readonly names: Set<string>
  readonly suffixes: string[]
  readonly ranges: BlockList
}

function addEntry(entry: string, { names, suffixes, ranges }: Entries): void {
  const [address = '', bits] = entry.split('/')
  const family = familyOf(address)
  if (family && bits !== undefined) ranges.addSubnet(address, Number(bits), family)
  else if (family) ranges.addAddress(address, family)
  else if (entry.startsWith('*.')) suffixes.push(entry.slice(1))
  else names.add(entry)
}

function contains(list: BlockList, address: string): boolean {
  const family = familyOf(address)
  return family !== undefined && list.check(address, family)
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  return ({ 4: 'ipv4', 6: 'ipv6' } as const)[isIP(address)]
}

/** Names may end with a dot, addresses may stand in brackets. */
function normal(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}
