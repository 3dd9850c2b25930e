import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Config } from '../config.ts'
import { describeFailure } from '../platform/outbound.ts'
import { hostOf, proxyFor } from '../platform/proxy.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const DAY_MS = 86_400_000
const MIN_DAYS_LEFT = 14

const VERIFY = 'Name its authority in NODE_EXTRA_CA_CERTS, and take AI_OPS_VERIFY_TLS=false away.'

/** Name, proxy and certificate on the way to Nautobot, in the order in which they are met; the first obstacle ends it. */
export async function examineWay(
  address: string,
  { proxy: settings, tls }: Config,
  signal: AbortSignal
): Promise<Finding[]> {
  const url = new URL(address)
  const proxy = proxyFor(url, settings)
  if (proxy) return [await examineProxy(new URL(proxy.reveal()), signal)]
  const name = await examineName(hostOf(url))
  if (name.state === 'fail' || url.protocol !== 'https:') return [name]
  return [name, await examineCertificate(url, tls.verify, signal)]
}

async function examineName(host: string): Promise<Finding> {
  try {
    const found = await lookup(host, { all: true })
    const addresses = found.map(({ address }) => address).join(', ')
    return ok('nautobot name', `${host} is ${addresses}.`)
  } catch {
    const advice = 'Check NAUTOBOT_URL, and the DNS of this machine.'
    return fail('nautobot name', `The host name ${host} is unknown here.`, advice)
  }
}

async function examineProxy(proxy: URL, signal: AbortSignal): Promise<Finding> {
  const isTls = proxy.protocol === 'https:'
  const port = Number(proxy.port || (isTls ? 443 : 80))
  const host = hostOf(proxy)
  try {
    const socket = await opened(connectTcp({ host, port }), 'connect', signal)
    socket.destroy()
    return ok('proxy', `Nautobot is asked by way of the proxy ${host}, which answers.`)
  } catch (error) {
    const why = describeFailure(error) ?? 'it does not answer'
    const advice = 'Check HTTP_PROXY and HTTPS_PROXY, or name the host of NAUTOBOT_URL in NO_PROXY.'
    return fail('proxy', `The proxy ${host}, port ${port}, cannot be used: ${why}.`, advice)
  }
}

async function examineCertificate(
  url: URL,
  verify: boolean,
  signal: AbortSignal
): Promise<Finding> {
  const check = 'nautobot certificate'
  const host = hostOf(url)
  const port = Number(url.port || 443)
  try {
    const servername = isIP(host) ? '' : host
    const options = { host, port, servername, rejectUnauthorized: verify }
    const socket = await opened(connectTls(options), 'secureConnect', signal)
    const daysLeft = daysLeftOf(socket as TLSSocket)
    socket.destroy()
    if (!verify) return warn(check, 'It is not verified.', VERIFY)
    const sentence = `It is trusted, and valid for ${daysLeft} more days.`
    return daysLeft < MIN_DAYS_LEFT ? warn(check, sentence, 'Renew it.') : ok(check, sentence)
  } catch (error) {
    const why = describeFailure(error) ?? 'TLS cannot be spoken there'
    const advice = 'NODE_EXTRA_CA_CERTS names a file with further certificate authorities.'
    return fail(check, `It cannot be used: ${why}.`, advice)
  }
}

function daysLeftOf(socket: TLSSocket): number {
  const { valid_to: end } = socket.getPeerCertificate()
  return Math.floor((Date.parse(end) - Date.now()) / DAY_MS)
}

/** Resolves with the socket once it is open; rejects with its error, or when the signal aborts, and closes it then. */
function opened(socket: Socket, event: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const give = (error: unknown) => {
      socket.destroy()
      reject(error)
    }
    signal.addEventListener('abort', () => give(signal.reason), { once: true })
    socket.once('error', give)
    socket.once(event, () => resolve(socket))
  })
}
