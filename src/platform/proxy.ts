import { BlockList, isIP } from 'node:net'
import type { Secret } from './secret.ts'

/** What HTTP_PROXY, HTTPS_PROXY and NO_PROXY say. A proxy's address may hold a user name and a password. */
export interface ProxySettings {
  readonly http?: Secret | undefined
  readonly https?: Secret | undefined
  /** Hosts, domains, addresses and CIDR ranges that are asked directly, beside loopback; separated by commas. */
  readonly none?: string | undefined
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }
/** A proxy is no way to this machine itself, whether or not somebody remembered to say so. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/

/**
 * The proxy by which `url` is asked; undefined: directly. As other programs read the variables: HTTP_PROXY stands in for
 * a missing HTTPS_PROXY, and an entry of NO_PROXY counts for what is below it, too.
 */
export function proxyFor(url: URL, settings: ProxySettings | undefined): Secret | undefined {
  const { http, https, none = '' } = settings ?? {}
  const proxy = url.protocol === 'https:' ? (https ?? http) : http
  if (!proxy || LOOPBACK.test(hostOf(url))) return undefined
  const entries = none.split(/[,\s]+/).filter(Boolean)
  return entries.some((entry) => isExempt(entry, url)) ? undefined : proxy
}

/** Host of an address, without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

function isExempt(entry: string, url: URL): boolean {
  if (entry === '*') return true
  const [, name = entry, port] = /^([^:]+|\[[^\]]+\]):(\d+)$/.exec(entry) ?? []
  if (port !== undefined && port !== (url.port || DEFAULT_PORTS[url.protocol])) return false
  const host = hostOf(url)
  const bare = name.toLowerCase().replace(/^\[|\]$/g, '')
  if (bare.includes('/')) return isWithin(host, bare)
  const domain = bare.replace(/^\*?\./, '')
  return host === domain || host.endsWith(`.${domain}`)
}

function isWithin(host: string, range: string): boolean {
  const [network = '', bits] = range.split('/')
  const family = isIP(network)
  if (family === 0 || isIP(host) !== family) return false
  const type = family === 6 ? 'ipv6' : 'ipv4'
  const ranges = new BlockList()
  try {
    ranges.addSubnet(network, Number(bits), type)
  } catch {
    return false
  }
  return ranges.check(host, type)
}
